def test_it(): print("inner: printed")
