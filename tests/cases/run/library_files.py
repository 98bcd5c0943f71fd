# The library can be looked at as files, wherever it is kept.
import glob
import inspect
import json
import os
import pathlib
import sysconfig
import unittest

root = os.path.dirname(os.__file__)
print(os.path.isdir(root), os.path.isfile(os.__file__), os.path.exists(root + "/nothing.py"))
with open(json.decoder.__file__, encoding="utf-8") as file:
    print(file.readline().rstrip(), file.writable())
data = pathlib.Path(os.__file__).read_bytes()
print(os.stat(os.__file__).st_size == len(data), os.path.getsize(os.__file__) == len(data))
print([n for n in os.listdir(root + "/json") if n.endswith(".py")].count("decoder.py"))
print(sorted(e.name for e in os.scandir(os.path.join(root, "json")) if e.is_file() and e.name.endswith("er.py")))
print(sorted(os.path.basename(p) for p in glob.glob(root + "/js*/s*.py")))
print(os.access(os.__file__, os.R_OK), os.access(root, os.X_OK))
for path in (root, root + "/json/nothing.py"):
    try:
        open(path)
    except OSError as error:
        print(type(error).__name__, error.errno, error.filename == path)
fd = os.open(os.__file__, os.O_RDONLY)
print(os.read(fd, 3) == data[:3], os.fstat(fd).st_size == len(data))
os.close(fd)
print(next(os.walk(root + "/json"))[0] == root + "/json")
print(os.path.samefile(root + "/json/../os.py", os.__file__))
print(sysconfig.get_path("stdlib") == root)
print(inspect.getsource(os.path.join).splitlines()[0])
print(hasattr(unittest, "expectedFailureIf"))
