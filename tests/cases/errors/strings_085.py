f"{a!s:>{width!}}"
