import sys

def test_a():
    sys.stdout.buffer.write(b"\xff\xfe raw\n")
    sys.stdout.buffer.flush()
