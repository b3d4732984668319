def f():
    raise RuntimeError("at import")
f()
