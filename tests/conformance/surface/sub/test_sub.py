import unittest, pytest
class T(unittest.TestCase):
    def setUp(self): print("su")
    def test_ok(self): pass
    def test_bad(self): self.assertEqual([1,2],[1,3])
    @unittest.skip("unittest skip")
    def test_sk(self): pass
    @unittest.expectedFailure
    def test_ef(self): self.fail("x")
    @unittest.expectedFailure
    def test_us(self): pass
    def test_skip_in(self): self.skipTest("inside")

def test_subtests(subtests):
    for i in range(3):
        with subtests.test("step", i=i):
            print("sub", i)
            assert i != 1
    with subtests.test(msg="skipped one"):
        pytest.skip("sub skip")
    with subtests.test("xf"):
        pytest.xfail("sub xfail")
