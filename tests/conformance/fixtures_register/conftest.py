import pytest


def registered():
    return "registered"


def parametrized(request):
    return request.param


def around(request):
    request.node.user_properties.append(("around", 1))
    yield "around"


def pytest_collection(session):
    register_legacy(session)
    pytest.register_fixture(name="registered", func=registered, node=session)
    pytest.register_fixture(name="parametrized", func=parametrized, node=session, params=[1, 2], ids=["a", "b"])
    pytest.register_fixture(name="around", func=around, node=session, autouse=True)


class Legacy:
    @pytest.fixture
    def legacy_fixture(self):
        return "legacy"


def register_legacy(session):
    session._fixturemanager.parsefactories(Legacy(), None)
    session._fixturemanager._register_fixture(name="by_nodeid", func=lambda: "by nodeid", nodeid="test_register.py")
