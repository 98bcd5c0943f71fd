f"{x:}" f"a{{" f"}}" f"{x:{w}a{z}}" f"{(a:=1)}" rf"\{a}\N{x}" f"{x!r}"
