def f(x): return x
def test_a():
    x = 3
    assert x == 3
    assert f(x) == 3, "msg"
    assert (f(x) and
            x) # c
    assert x > 1 and x < 5 or f(0)
    assert 0 < x < f(5)
    assert x in [1, 3], \
        "m"
    assert not f(0) and f(
        2)
    assert all(y for y in [1]) == True
def test_fail():
    assert f(0), "100%\nx"
