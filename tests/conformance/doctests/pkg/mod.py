"""Module.

>>> import math
>>> math.floor(2.5)
2
>>> print("a\\nb")
a
c
"""
import functools
def good():
    """
    >>> good()
    1
    """
    return 1
def bad():
    """Doc.

    >>> x = 1
    >>> bad()
    Traceback (most recent call last):
    ...
    ValueError: other
    >>> y = 2
    >>> y
    3
    >>> undefined
    """
    raise ValueError("this")
class K:
    """
    >>> K().m()
    'm'
    """
    def m(self):
        """
        >>> K().m()  # doctest: +SKIP
        'z'
        """
        return "m"
    @property
    def p(self):
        """
        >>> 0.1 + 0.2  # doctest: +NUMBER
        0.3
        >>> u"x"  # doctest: +ALLOW_UNICODE
        u'x'
        >>> b"x"  # doctest: +ALLOW_BYTES
        'x'
        """
@functools.lru_cache
def cached():
    """
    >>> getfixture("tmp_path").name[:3]
    'abc'
    """
def skips():
    """
    >>> import pytest
    >>> pytest.skip("from doctest")
    """
def allskip():
    """
    >>> 1  # doctest: +SKIP
    2
    """
def ns():
    """
    >>> added
    'by conftest'
    """
