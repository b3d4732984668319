def pytest_addoption(parser): parser.addoption("-u", action="store_true")
