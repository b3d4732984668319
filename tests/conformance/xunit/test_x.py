import pytest, unittest, sys
def setup_module(module): print("sm", module.__name__)
def teardown_module(): print("tm"); raise ValueError("teardown module")
def setup_function(function): print("sf", function.__name__)
def teardown_function(): print("tf")
def test_1(): print("t1")
class TestA:
    @classmethod
    def setup_class(cls): print("sc", cls.__name__)
    @classmethod
    def teardown_class(cls): print("tc")
    def setup_method(self, method): print("smeth", method.__name__)
    def teardown_method(self): print("tmeth")
    def test_a(self): print("ta")
    @staticmethod
    def test_static(): print("static")
    @classmethod
    def test_cls(cls): print("cls", cls)
class TestBadSetup:
    def setup_class(cls): raise RuntimeError("bad setup class")
    def test_1(self): pass
    def test_2(self): pass
class TestBadMeth:
    def setup_method(self): raise RuntimeError("bad setup method")
    def teardown_method(self): print("never?")
    def test_1(self): pass
class U(unittest.TestCase):
    @classmethod
    def setUpClass(cls): print("suc")
    @classmethod
    def tearDownClass(cls): print("tdc"); raise ValueError("tdc")
    def setUp(self): print("su"); self.addCleanup(print, "cleanup")
    def tearDown(self): print("td")
    def test_u(self): print("u")
    def test_v(self): self.fail("v")
    def test_skip(self): raise unittest.SkipTest("via raise")
    @pytest.mark.xfail(reason="px")
    def test_px(self): assert 0
    @pytest.fixture(autouse=True)
    def af(self): print("af in"); yield; print("af out")
class UBad(unittest.TestCase):
    @classmethod
    def setUpClass(cls): raise ValueError("bad suc")
    def test_u(self): pass
@unittest.skip("class skipped")
class USkip(unittest.TestCase):
    def test_u(self): pass
class UAsync(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self): print("asu")
    async def test_as(self): self.assertEqual(1, 2)
class Diff(unittest.TestCase):
    def test_long(self): self.assertDictEqual({"a": 1}, {"a": 2})
    def test_multi(self): self.assertMultiLineEqual("a\nb\n", "a\nc\n", "hint")
    def runTest(self): pass
class NotTest:
    def test_no(self): pass
class TestWithInit:
    def __init__(self): pass
    def test_x(self): pass
class TestNew:
    def __new__(cls): return object.__new__(cls)
    def test_x(self): pass
class TestParent:
    def test_inherited(self): assert type(self).__name__ != "TestChild"
class TestChild(TestParent):
    pytestmark = pytest.mark.skipif(sys.platform == "nope", reason="x")
    __test__ = True
class TestOff:
    __test__ = False
    def test_x(self): pass
def test_nottest(): pass
test_nottest.__test__ = False
test_lambda = lambda: None
class TestProp:
    @property
    def test_prop(self): return 1
    test_attr = 5
