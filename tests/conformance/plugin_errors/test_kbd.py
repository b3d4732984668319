def test_1(): pass
def test_kbd(): raise KeyboardInterrupt("ctrl")
