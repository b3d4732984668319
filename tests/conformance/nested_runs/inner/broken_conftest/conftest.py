raise ValueError("inner: the conftest is broken")
