import unittest


class Deep(unittest.TestCase):
    def test_deep(self): pass
