import pytest
def pytest_addoption(parser):
    g = parser.getgroup("mine", "my options")
    g.addoption("--mine", action="store", default=3, type=int, help="Mine")
    g.addoption("--choice", choices=["a", "b"], help="pick")
    g.addoption("--many", action="append", default=[], metavar="M", help="several")
    parser.addini("myini", "my ini", type="linelist", default=["x"])
    parser.addini("mybool", "my bool", type="bool")
    parser.addini("myint", "my int", type="int", default=2)
def pytest_report_header(config): return [f"mine: {config.getoption('mine')}", f"ini {config.getini('myini')} {config.getini('mybool')} {config.getini('myint')}"]
def pytest_runtest_setup(item):
    if item.name == "test_internal": raise_
