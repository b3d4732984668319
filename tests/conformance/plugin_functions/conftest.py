"""Functions and fixtures of pytest's plugin modules, called or taken over by name."""
import pytest
from _pytest import runner
from _pytest.logging import caplog as _caplog  # noqa: F401
from _pytest.monkeypatch import monkeypatch  # noqa: F401
from _pytest.tmpdir import tmp_path as folder  # noqa: F401


@pytest.fixture
def caplog(_caplog):
    _caplog.set_level("DEBUG")
    yield _caplog


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    if item.name != "test_forked":
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    runner.pytest_runtest_setup(item)
    call = runner.CallInfo.from_call(item.runtest, "call")
    report = runner.pytest_runtest_makereport(item, call)
    runner.pytest_runtest_teardown(item, nextitem=nextitem)
    print(report.outcome, report.when, call.when, call.excinfo.exconly())
    item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_collection_modifyitems(config, items):
    from _pytest.mark import pytest_collection_modifyitems as of_the_plugin

    of_the_plugin(items, config)
