import os
import sys

print("conftest")
os.write(2, b"conftest error\n")


def pytest_collection_finish():
    print("collected", file=sys.stderr)


def pytest_sessionfinish():
    print("finish")
    os.write(1, b"finish, descriptor\n")


def pytest_unconfigure():
    print("unconfigure")
    os.write(1, b"unconfigure, descriptor\n")
