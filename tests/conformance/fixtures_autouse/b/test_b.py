def test_b(overridden):
    assert overridden == "root"


def test_not_visible(only_a):
    pass
