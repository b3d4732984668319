import pytest, functools
def helper(): pass
class TestInit:
    def __init__(self): pass
    def test_x(self): pass
class TestNew:
    def __new__(cls): return object.__new__(cls)
    def test_x(self): pass
class TestOff:
    __test__ = False
    def test_x(self): pass
class NotTest:
    def test_x(self): pass
class Nose:
    __test__ = True
    def test_n(self): pass
class TestBase:
    def test_b(self): pass
    def test_a(self): pass
class TestDerived(TestBase):
    def test_c(self): pass
    def test_a(self): pass
    @staticmethod
    def test_static(): pass
    @classmethod
    def test_class(cls): pass
    class TestNested:
        def test_n(self): pass
        class TestDeeper:
            def test_d(self): pass
def test_gen(): pass
test_lambda = lambda: None
test_partial = functools.partial(lambda a: None, 1)
test_obj = object()
class Callable:
    def __call__(self): pass
test_callable = Callable()
def deco(f):
    @functools.wraps(f)
    def w(*a, **k): return f(*a, **k)
    return w
@deco
def test_wrapped(tmp_path): assert tmp_path
@pytest.fixture
def test_fixture_like(): return 1
async def test_async(): pass
def test_off(): pass
test_off.__test__ = False
@pytest.mark.parametrize("x", [1, "a", None, (1,2), pytest.param(3, id="three"), pytest.param(4, marks=pytest.mark.skip)])
def test_param(x): pass
@pytest.mark.parametrize("a,b", [(1,2),(3,4)])
@pytest.mark.parametrize("c", ["x","y"])
class TestParamClass:
    def test_one(self, a, b, c): pass
@pytest.fixture(params=[1,2])
def fx(request): return request.param
def test_fx(fx): pass
def pytest_generate_tests(metafunc):
    if "gen" in metafunc.fixturenames: metafunc.parametrize("gen", ["g1","g2"])
def test_generated(gen): pass
class TestGen:
    def pytest_generate_tests(self, metafunc):
        if "cg" in metafunc.fixturenames: metafunc.parametrize("cg", [0])
    def test_cg(self, cg): pass
class TestXunit:
    log = []
    @classmethod
    def setup_class(cls): cls.log.append("sc")
    def setup_method(self, method): self.log.append(method.__name__)
    def teardown_method(self): self.log.append("tm")
    def test_1(self): assert self.log == ["sc","test_1"]
    def test_2(self): assert self.log == ["sc","test_1","tm","test_2"]
modlog=[]
def setup_module(mod): modlog.append(mod.__name__)
def teardown_module(): modlog.append("tm")
def setup_function(f): modlog.append(f.__name__)
def teardown_function(f): modlog.append("t"+f.__name__)
def test_modlog(): assert modlog[0]=="test_rules" and modlog[-1]=="test_modlog"
