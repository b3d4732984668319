__test__ = False


def test_a(): pass
