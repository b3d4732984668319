def test_p1(package_fix):
    pass


def test_p2(package_fix, session_fix):
    pass
