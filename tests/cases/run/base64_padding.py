# What base64 and uuencode take and refuse at the end.
import binascii

for data in (b"ab==", b"ab===", b"ab==\n", b"ab=c=", b"a=b==", b"abc==", b"ab==cd", b"abc=d", b"abcd=", b"=abcd", b"aQ==i", b"abc=de==", b"a=b=c=d="):
    for strict in (False, True):
        try:
            print(data, strict, binascii.a2b_base64(data, strict_mode=strict))
        except binascii.Error as error:
            print(data, strict, error)
try:
    binascii.a2b_uu(b"")
except binascii.Error as error:
    print(error)
