def test_registered(registered):
    assert registered == "registered"


def test_parametrized(parametrized):
    assert parametrized in (1, 2)


def test_around(request):
    assert request.getfixturevalue("around") == "around"
    assert request.node.user_properties == [("around", 1)]


def test_legacy(legacy_fixture):
    assert legacy_fixture == "legacy"


def test_by_nodeid(by_nodeid):
    assert by_nodeid == "by nodeid"
