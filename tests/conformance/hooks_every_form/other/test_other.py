import unittest


class Case(unittest.TestCase):
    def test_case(self):
        self.assertTrue(True)
