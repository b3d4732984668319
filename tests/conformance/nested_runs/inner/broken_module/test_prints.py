print("inner: while imported")
raise RuntimeError("inner: while imported")
