import unittest, pytest, asyncio
class A(unittest.TestCase):
    @classmethod
    def setUpClass(cls): cls.k=1
    @classmethod
    def tearDownClass(cls): pass
    def setUp(self): self.x=1
    def test_ok(self): self.assertEqual(self.x,1); assert self.k==1
    def test_fail(self): self.assertEqual(1,2)
    def test_err(self): raise ValueError("x")
    def test_skip(self): self.skipTest("why")
    @unittest.skip("deco")
    def test_skip2(self): pass
    @unittest.expectedFailure
    def test_xf(self): assert 0
    @unittest.expectedFailure
    def test_xp(self): pass
    def test_cleanup(self):
        self.addCleanup(lambda: 1/0)
@unittest.skip("cls")
class B(unittest.TestCase):
    def test_b(self): pass
class C(unittest.TestCase):
    def runTest(self): pass
class D(unittest.IsolatedAsyncioTestCase):
    async def test_async(self): await asyncio.sleep(0)
    async def test_async_f(self): assert 0
class E(unittest.TestCase):
    @classmethod
    def setUpClass(cls): raise RuntimeError("boom")
    def test_e(self): pass
class F(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def fix(self, tmp_path): self.t=tmp_path
    def test_f(self): assert self.t.exists()
    @classmethod
    def tearDownClass(cls): raise RuntimeError("td")
def test_plainskip(): raise unittest.SkipTest("plain")
def setUpModule(): pass
