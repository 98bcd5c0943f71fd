from .. a. import b
