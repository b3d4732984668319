"""Where output goes that is written between the phases of tests."""
import atexit
import os
import sys

atexit.register(print, "at exit")


class Loud:
    def __repr__(self):
        print("shown")
        return "Loud()"


def test_plain():
    pass


def test_prints():
    print("printed")
    os.write(1, b"written\n")


def test_buffered():
    sys.__stdout__.write("not captured\n")


def test_after_buffered():
    pass


def test_shows_values():
    loud = Loud()
    raise ValueError


def test_after_failure():
    print("also printed")
    raise ValueError
