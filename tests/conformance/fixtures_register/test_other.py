def test_not_visible(by_nodeid):
    pass
