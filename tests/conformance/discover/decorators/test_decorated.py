import functools
import os
import unittest
from unittest import mock
from unittest.mock import patch

import pytest
import tools
from tools import slow


@pytest.fixture(params=["p"])
def fix(request): pass


@slow
@tools.numbers
def test_marked(n): pass


@tools.same
def test_same(fix): pass


@tools.wraps
@tools.numbers
def test_wraps(n, fix): pass


@tools.replaces
@tools.numbers
def test_replaced(): pass


@tools.hides
def test_hidden(): pass


@tools.marks
def test_marks(n): pass


@tools.factory(1)
def test_factory(fix): pass


@tools.computed
def test_computed(): pass


@patch("os.getcwd")
@mock.patch.object(os, "getpid", new=1)
def test_patched(mocked, fix): pass


@patch.dict(os.environ, {"A": "1"})
def test_patched_dict(fix): pass


@unittest.skip("x")
@tools.numbers
def test_skipped(n): pass


@functools.lru_cache
def test_cached(fix): pass



@patch("os.getcwd")
class TestPatched:
    def test_a(self, mocked, fix): pass


@tools.numbers
class TestNumbers:
    def test_a(self, n): pass
    def test_b(self, n, fix): pass
