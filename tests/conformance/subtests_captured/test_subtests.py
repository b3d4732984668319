import unittest
class T(unittest.TestCase):
    def test_a(self):
        for i in range(4):
            with self.subTest(i=i):
                if i == 1: self.fail("x")
                if i == 2: self.skipTest("why")
    def test_b(self):
        with self.subTest("m"):
            pass
        self.fail("after")
    def test_c(self):
        with self.subTest("ok"): pass
    def test_d(self):
        with self.subTest("s"): self.skipTest("all")
    @unittest.expectedFailure
    def test_e(self):
        with self.subTest("s"): self.fail("e")
    def test_f(self):
        with self.subTest("s"): raise ValueError
        raise KeyError
    def tearDown(self):
        pass
def test_g(subtests):
    for i in range(3):
        with subtests.test(i=i):
            assert i != 1
