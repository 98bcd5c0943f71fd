# A stream whose flush and whose close fail: the error of close, in the context of the other.
import io

broken = True


class Raw(io.RawIOBase):
    def writable(self):
        return True

    readable = writable

    def close(self):
        if broken:
            raise OSError("close")


class Buffer(io.BytesIO):
    def close(self):
        if broken:
            raise OSError("close")


def flush():
    if broken:
        raise OSError("flush")


streams = io.BufferedWriter(Raw()), io.BufferedReader(Raw()), io.TextIOWrapper(Buffer(), encoding="ascii")
for stream in streams:
    stream.flush = flush
    try:
        stream.close()
    except OSError as error:
        print(type(stream).__name__, error, repr(error.__context__), stream.closed)
broken = False
