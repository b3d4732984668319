def pytest_generate_tests(metafunc):
    metafunc.fixturenames.append("x")
    metafunc.parametrize("x", [1])


def test_a(): pass
