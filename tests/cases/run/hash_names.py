# Hashes by name, keyed digests and keys out of passwords.
import hashlib
import hmac

for name in sorted(hashlib.algorithms_available):
    digest = hashlib.new(name, b"abc")
    size = (8,) if name.startswith("shake") else ()
    print(name, digest.name, digest.block_size, digest.digest_size, digest.hexdigest(*size)[:32])
for name in ("SHA-256", "sha512-256", "rmd160", "blake2b512", "whirlpool", "a\0b"):
    try:
        print(name, hashlib.new(name).name)
    except ValueError as error:
        print(repr(name), type(error).__name__, error)
print(hmac.new(b"k" * 200, b"message", "sha256").hexdigest(), hmac.digest(b"k", b"m", "md5").hex())
copied = hmac.new(b"k", digestmod=hashlib.sha3_256)
other = copied.copy()
other.update(b"more")
print(copied.name, copied.hexdigest() != other.hexdigest(), copied.block_size)
print(hashlib.pbkdf2_hmac("sha1", b"password", b"salt", 3, 50).hex())
print(hashlib.scrypt(b"password", salt=b"NaCl", n=16, r=8, p=2, dklen=24).hex())
for arguments in ({"n": 3, "r": 1, "p": 1}, {"n": 2**20, "r": 8, "p": 1}, {"n": 2, "r": 0, "p": 1}):
    try:
        hashlib.scrypt(b"password", salt=b"", **arguments)
    except ValueError as error:
        print(error)
