import pytest

LOG = []


@pytest.fixture
def plain():
    LOG.append("plain")
    return 1


@pytest.fixture(scope="module")
def module_wide():
    return object()


def test_getfixturevalue(request, module_wide):
    assert request.getfixturevalue("plain") == 1
    assert request.getfixturevalue("plain") == 1
    assert LOG == ["plain"]
    assert request.getfixturevalue("module_wide") is module_wide
    assert "plain" in request.fixturenames
    assert request.getfixturevalue("request") is request


def test_attributes(request):
    assert request.scope == "function"
    assert request.node.name == "test_attributes"
    assert request.function is test_attributes
    assert request.cls is None and request.instance is None
    assert request.module.__name__ == "test_dynamic"
    assert request.path.name == "test_dynamic.py"
    assert request.config is request.session.config
    assert request.keywords is request.node.keywords
    assert repr(request) == "<FixtureRequest for <Function test_attributes>>"
    assert request.fixturename is None
    assert type(request).__name__ == "TopRequest"
    with pytest.raises(AttributeError, match="'TopRequest' object has no attribute 'param'"):
        request.param


@pytest.fixture(scope="session")
def session_request(request):
    seen = {}
    for name in ("function", "cls", "module", "path", "instance", "node", "param", "fixturename", "scope"):
        try:
            seen[name] = getattr(request, name)
        except AttributeError as error:
            seen[name] = str(error)
    seen["repr"] = repr(request)
    return seen


def test_session_request(session_request, request):
    assert session_request["function"] == "function not available in session-scoped context"
    assert session_request["cls"] == "cls not available in session-scoped context"
    assert session_request["module"] == "module not available in session-scoped context"
    assert session_request["path"] == "path not available in session-scoped context"
    assert session_request["instance"] is None
    assert session_request["node"] is request.session
    assert session_request["param"] == "'SubRequest' object has no attribute 'param'"
    assert session_request["fixturename"] == "session_request"
    assert session_request["repr"] == "<SubRequest 'session_request' for <Function test_session_request>>"


class TestClass:
    @pytest.fixture(scope="class")
    def class_request(cls, request):
        return request.cls, request.node.name, request.instance

    def test_cls(self, class_request, request):
        assert class_request == (TestClass, "TestClass", None)
        assert request.instance is self
        assert request.cls is TestClass
        assert request.function.__func__ is TestClass.test_cls


FINALIZED = []


def test_addfinalizer(request):
    request.addfinalizer(lambda: FINALIZED.append("first"))
    request.addfinalizer(lambda: FINALIZED.append("second"))
    request.node.addfinalizer(lambda: FINALIZED.append("node"))


def test_finalized():
    assert FINALIZED == ["node", "second", "first"]


def test_applymarker(request):
    request.applymarker(pytest.mark.xfail(reason="applied"))
    assert 0


@pytest.fixture
def applies(request):
    request.applymarker(pytest.mark.xfail(reason="by fixture"))


def test_applied(applies):
    assert 0


@pytest.fixture
def late(request):
    yield
    with pytest.raises(AssertionError, match="not available.  This can happen when the fixture has already been torn"):
        request.getfixturevalue("plain")


def test_late_known(late, plain):
    pass


@pytest.fixture
def too_late(request):
    yield
    request.getfixturevalue("plain")


def test_late_unknown(too_late):
    pass


def test_internals(request, plain):
    item = request._pyfuncitem
    assert item._request is request
    assert item.funcargs["plain"] == 1
    assert item.fixturenames == item._fixtureinfo.names_closure
    assert "plain" in item._fixtureinfo.name2fixturedefs
    assert item._fixtureinfo.argnames == ("request", "plain")
    definition = request._get_active_fixturedef("plain")
    assert definition is request._fixture_defs["plain"]
    assert definition.cached_result == (1, None, None)
    assert definition.argname == "plain" and definition.scope == "function" and definition.baseid.endswith(".py")
    assert definition.params is None and definition.ids is None and definition.argnames == ()
    assert request.session._fixturemanager.getfixturedefs("plain", item)[-1] is definition
    assert request.session._fixturemanager.getfixturedefs("nothing", item) is None
    assert list(request.session._setupstate.stack)[-1] is item
    assert list(request.session._setupstate.stack) == item.listchain()
    assert request._get_fixturestack() == []
    assert "plain" in repr(definition)


@pytest.fixture
def inner(request):
    return request._get_fixturestack(), [r.fixturename for r in request._iter_chain()], request._parent_request


@pytest.fixture
def outer(inner, request):
    return inner


def test_stack(outer):
    stack, chain, parent = outer
    assert [d.argname for d in stack] == ["outer", "inner"]
    assert chain == ["inner", "outer"]
    assert parent.fixturename == "outer"
