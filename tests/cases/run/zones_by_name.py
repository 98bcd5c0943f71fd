# TZ names a zone of the system's database.
import os
import time

for name in ("Asia/Tokyo", "America/New_York", "JST-9", "../etc/passwd", ""):
    os.environ["TZ"] = name
    time.tzset()
    print(name, time.localtime(1_000_000_000)[:5], time.localtime(5).tm_hour)
