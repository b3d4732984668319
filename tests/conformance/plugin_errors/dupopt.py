def pytest_addoption(parser): parser.addoption("--verbose", action="store_true"); 
