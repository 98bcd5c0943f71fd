from "a" import b
