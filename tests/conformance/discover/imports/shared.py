import pytest

__all__ = ["test_listed", "TestListed", "Helper"]


def test_listed(): pass
def test_unlisted(): pass


class TestListed:
    def test_a(self): pass


class Helper: pass
