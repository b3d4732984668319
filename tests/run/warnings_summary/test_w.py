import warnings

def test_a():
    warnings.warn("careful")
