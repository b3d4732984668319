import unittest
from unittest import IsolatedAsyncioTestCase, TestCase

import pytest


class Base(TestCase):
    def test_base(self): pass
    def test_z(self): pass
    def helper(self): pass


class TestDerived(Base):
    def test_a(self): pass
    test_z = None


class Runs(unittest.TestCase):
    def runTest(self): pass


class NotRun(unittest.TestCase):
    def runTest(self): pass
    def test_a(self): pass


class Async(IsolatedAsyncioTestCase):
    async def test_async(self): pass


@unittest.skip("x")
class Skipped(TestCase):
    def test_skipped(self): pass


class NoTest(TestCase):
    __test__ = False
    def test_never(self): pass


class WithInit(TestCase):
    def __init__(self, name="runTest"):
        super().__init__(name)
    def test_init(self): pass


class Parametrized(TestCase):
    @pytest.mark.parametrize("a", [1, 2])
    def test_not_parametrized(self): pass

    @property
    def test_property(self): pass

    testAttribute = 3

    def TESTS(self): pass
