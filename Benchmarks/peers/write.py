#!/usr/bin/env python3
"""How long the disk takes to write and sync as many bytes as the journal has: write.py FILE-WITH-COUNT TARGET"""
import os
import sys

count = int(open(sys.argv[1]).read())
block = os.urandom(1 << 20)
file = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
while count > 0:
    count -= os.write(file, block[:min(count, len(block))])
os.fsync(file)
os.close(file)
os.unlink(sys.argv[2])
