# Declared encodings: UTF-8 by its other names, codecs that are none for text, and lines before the declaration.
import os
import subprocess
import sys
import tempfile

SOURCES = [
    b"#coding:ascii \xc3\xa4\nx\n", b"#!/usr/bin/python\n#coding:ascii \xc3\xa4\nx\n", b"#!/home/\xc3\xa4/bin\n#coding:ascii\nx\n",
    b"#coding: utf8\n#second\n#third\xa4\nx\n", b"#coding: utf-8\n#second\n#third\xa4\nx\n", b"# coding: hex_codec\nx\n",
    b"\xef\xbb\xbf#coding: utf8\nx\n", b"\xef\xbb\xbf#coding: utf-8\n1\n", b"#coding: u8\nx='\xc3\xa4'\n", b"#first \xa4\n#coding: u8\nx\n",
    b"#first \xa4\n#coding: cp1252\nx='\xa4'\nprint(ascii(x))\n",
]
with tempfile.TemporaryDirectory() as folder:
    name = os.path.join(folder, "program.py")
    for source in SOURCES:
        try:
            compile(source, "name", "exec")
            print("compiled")
        except SyntaxError as error:
            print(error.msg, error.filename, error.lineno, error.offset)
        with open(name, "wb") as file:
            file.write(source)
        done = subprocess.run([sys.executable, name], capture_output=True)
        print(done.stdout.decode(), done.stderr.decode().splitlines()[-1:])
