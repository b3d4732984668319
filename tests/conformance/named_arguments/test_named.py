"""Methods of one argument take it by name."""
import pytest


def test_named(request, pytestconfig, monkeypatch, tmp_path):
    manager = pytestconfig.pluginmanager
    assert pytestconfig.getini(name="addopts") == []
    assert manager.has_plugin(name="terminal")
    assert manager.get_plugin(name="terminal") is manager.getplugin("terminal")
    assert manager.get_name(plugin=manager.getplugin("terminal")) == "terminal"
    assert request.node.getparent(cls=pytest.Module).funcnamefilter(name="test_x")
    request.node.addfinalizer(fin=lambda: print("finalized"))
    monkeypatch.chdir(path=tmp_path)
    monkeypatch.syspath_prepend(path=tmp_path)
    with pytest.warns(UserWarning, match="by name"):
        request.node.warn(warning=UserWarning("by name"))
    with pytest.raises(ValueError) as excinfo:
        int("x")
    assert excinfo.errisinstance(exc=ValueError)


@pytest.mark.parametrize("given", [(), ("a", "b")])
def test_one_it_is(pytestconfig, given):
    with pytest.raises(TypeError, match="getini"):
        pytestconfig.getini(*given)
    with pytest.raises(TypeError, match="nam"):
        pytestconfig.getini(nam="x")
