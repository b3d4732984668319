import os
import sys


def test_one():
    assert os.environ["PYTEST_CURRENT_TEST"].endswith("test_plain_inner.py::test_one (call)")


def test_two():
    print("inner: printed")
    print("inner: printed to stderr", file=sys.stderr)


class TestClass:
    def test_three(self):
        assert "test_plain_inner" in sys.modules
