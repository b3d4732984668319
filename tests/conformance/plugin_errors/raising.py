def pytest_collection_modifyitems(items): raise ValueError("in modifyitems")
