# Threads that write to one file wait for each other; a call from inside a call of the same thread is refused.
import io
import sys
import tempfile
import threading

sys.setswitchinterval(1e-5)
with tempfile.TemporaryFile("w+") as text, tempfile.TemporaryFile() as binary:

    def write(n):
        for i in range(500):
            print(n, i, file=text)
            binary.write(b"%d %d\n" % (n, i))
            if i % 50 == 0:
                text.flush()
                binary.flush()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    binary.seek(0)
    lines = binary.readlines()
    print(len(lines), len(set(lines)))


class Raw(io.RawIOBase):
    def writable(self):
        return True

    def write(self, data):
        try:
            stream.write(b"more")
        except RuntimeError as error:
            print(str(error).split(" <")[0])
        return len(data)


stream = io.BufferedWriter(Raw())
stream.write(b"some")
stream.flush()
