import pytest
pytestmark = pytest.mark.modmark
def check_this(): assert injected == 42
def test_special(tmp_path): assert tmp_path
weird = 1
@pytest.mark.one
class TestC:
    pytestmark = [pytest.mark.two]
    def test_m(self): assert 0
    def test_patched(self): pass
def test_runtest(): pass
def test_name(): pass
@pytest.mark.parametrize("a", [1, pytest.param(2, marks=pytest.mark.xfail)])
def test_par(a, request):
    assert request.node.name == f"test_par[{a}]"
    assert request.node.originalname == "test_par"
    assert request.node.get_closest_marker("modmark").name == "modmark"
    assert [m.name for m in request.node.iter_markers()][-1] == "modmark"
    assert a == 1
