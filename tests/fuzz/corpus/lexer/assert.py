def f():
    assert a.b(c, *d, k=1) == (x := 3) and not y[0], "m"
