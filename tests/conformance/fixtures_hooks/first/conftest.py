def pytest_fixture_setup(fixturedef, request):
    if fixturedef.argname == "replaced":
        fixturedef.cached_result = ("by the hook", fixturedef.cache_key(request), None)
        return "by the hook"
