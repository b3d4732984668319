def pytest_addoption(parser):
    parser.addoption("--needs", nargs=2)
    parser.addoption("--taken", action="store_true")
    parser.addini("mine_int", "", type="int")
    parser.addini("mine_flag", "", type="bool")


def pytest_configure(config):
    config.getini("mine_int")
    config.getini("mine_flag")
