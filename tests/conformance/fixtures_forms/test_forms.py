import pytest, functools

class CallableFixture:
    def __call__(self, request):
        return 42
def decorator(f):
    @functools.wraps(f)
    def inner(*args, **kwargs):
        return f(*args, **kwargs) + 1
    return inner
@pytest.fixture
@decorator
def wrapped(base): return base
@pytest.fixture
def base(): return 1
def test_wrapped(wrapped): assert wrapped == 2
@pytest.fixture
def kwonly(*, base): return base + 5
def test_kw(kwonly): assert kwonly == 6
@pytest.fixture
def defaults(base, extra=10): return base + extra
def test_defaults(defaults): assert defaults == 11
@pytest.fixture
def many(base, kwonly, defaults, wrapped, request, tmp_path, capsys): return len([base, kwonly, defaults, wrapped, request, tmp_path, capsys])
def test_many(many): assert many == 7

@pytest.fixture(name="renamed")
def original(): return "r"
def test_renamed(renamed): assert renamed == "r"
@pytest.fixture(scope="module")
def counter():
    return {"n": 0}
@pytest.fixture(autouse=True)
def bump(counter):
    counter["n"] += 1
    yield
    counter["n"] -= 1
@pytest.mark.parametrize("i", range(3))
def test_bump(i, counter): assert counter["n"] == 1
@pytest.fixture(params=["a"])
def pa(request): return request.param
@pytest.fixture
def uses_dynamic(request, pa):
    return request.getfixturevalue("base"), pa
def test_ud(uses_dynamic): assert uses_dynamic == (1, "a")
class TestInherit:
    @pytest.fixture
    def base(self, base): return base * 100
    def test_it(self, base, wrapped): assert base == 100 and wrapped == 101
    class TestDeep:
        @pytest.fixture
        def base(self, base): return base * 2
        def test_deep(self, base, kwonly): assert base == 200 and kwonly == 205
def test_fixturenames(request, base):
    assert request.fixturenames[0] in ("bump","counter")
    request.node.fixturenames.append("nothing")
def test_names_private(request):
    assert "nothing" not in request.fixturenames
@pytest.fixture
def setattr_param(request):
    request.param = 5
    return request.param
def test_set(setattr_param): assert setattr_param == 5
@pytest.fixture
def genexc():
    try: yield 1
    finally: pass
def test_gen(genexc): pass
def test_instance_none(request): assert request.instance is None
@pytest.mark.usefixtures("renamed")
def test_usef(request): assert "renamed" in request.fixturenames and request.node.funcargs["renamed"] == "r"
