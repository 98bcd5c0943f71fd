# Bytes that are deleted at the front are gone for everything that looks at the rest.
array = bytearray(range(200))
del array[0]
print(len(array), array[0], array[-1], array[:3], array.index(5), array.pop(0), array.pop())
del array[:10]
array.append(1)
array += b"23"
array.extend(b"4")
print(array[:2], array[-4:], len(array), 0 in array, array.find(b"\x0c"))
with memoryview(array) as view:
    print(view[0], len(view))
    try:
        del array[0]
    except BufferError as error:
        print(error)
    view[0] = 99
array[1] = 98
array.insert(0, 97)
print(array[:4], array.startswith(b"ac"), bytes(array[:3]), array.copy()[:2], list(array)[:2])
del array[:3]
array[2:4] = b"xyz"
array.reverse()
print(array[:5], array[-5:], hash(bytes(array)) == hash(bytes(array)), array == bytearray(bytes(array)))
del array[:100]
del array[:60]
print(len(array), array[:2])
del array[:]
print(array, len(array))
array.extend([7, 8])
print(array, array.pop(0), array, array * 2)

queue = bytearray()
for number in range(1000):
    queue += bytes([number % 256]) * 3
    if number % 2:
        del queue[:2]
print(len(queue), queue[:4], queue[-2:])


class Shrinks:
    def __index__(self):
        del shrinking[:8]
        return 1


shrinking = bytearray(range(10))
del shrinking[0]
shrinking.extend([Shrinks(), 5])
print(shrinking)
