import pytest

LOG = []


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef, request):
    LOG.append(f"before {fixturedef.argname} {request.fixturename} {request.node.name}")
    try:
        return (yield)
    finally:
        LOG.append(f"after {fixturedef.argname} {fixturedef.cached_result and fixturedef.cached_result[0]}")


def pytest_fixture_post_finalizer(fixturedef, request):
    LOG.append(f"finalized {fixturedef.argname} {request.node.name} {fixturedef.cached_result is not None}")


def pytest_terminal_summary(terminalreporter):
    for line in LOG:
        terminalreporter.write_line(line)
