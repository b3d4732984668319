def test_a():
    """
    >>> 1
    2
    """
