import functools
from unittest import mock

import pytest

slow = pytest.mark.slow
numbers = pytest.mark.parametrize("n", [1, 2])


def same(f): return f


def wraps(f):
    @functools.wraps(f)
    def inner(*args, **kwargs): return f(*args, **kwargs)
    return inner


def replaces(f):
    def inner(fix): return f
    return inner


def hides(f):
    f.__test__ = False
    return f


def marks(f): return pytest.mark.parametrize("n", [3])(f)


def factory(x):
    def decorator(f): return f
    return decorator


def computed(f): return eval("f")
