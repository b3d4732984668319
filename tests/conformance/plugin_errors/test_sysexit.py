import sys
def test_se(): sys.exit(3)
def test_base(): raise BaseException("bb")
