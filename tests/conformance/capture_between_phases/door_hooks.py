def pytest_runtest_protocol(item):
    item._initrequest()
    item.ihook.pytest_runtest_setup(item=item)
    print("set up", item.name)
    item.ihook.pytest_runtest_teardown(item=item, nextitem=None)
    print("torn down", item.name)
