"""Runs inside a test, of suites that pass, fail, break and end early."""
import logging
import os
import pathlib
import sys
import warnings

import pytest

from state import show_differences, snapshot

INNER = pathlib.Path(__file__).parent / "inner"
SUITES = sorted(path.name for path in INNER.iterdir() if path.is_dir())
log = logging.getLogger("suite.outer")


class Recorder:
    """A plugin of the inner run: what is reported to it."""

    def __init__(self):
        self.seen = []

    def pytest_runtest_logreport(self, report):
        self.seen.append(f"{report.nodeid} {report.when} {report.outcome} {[name for name, _ in report.sections]}")

    def pytest_collectreport(self, report):
        self.seen.append(f"{report.nodeid} collect {report.outcome}")

    def pytest_warning_recorded(self, warning_message, when, nodeid, location):
        self.seen.append(f"{nodeid} warning {when} {warning_message.category.__name__} {warning_message.message}")

    def pytest_sessionfinish(self, exitstatus):
        self.seen.append(f"finish {int(exitstatus)} {os.environ.get('PYTEST_CURRENT_TEST')}")


def keep_current_test(before, after):
    """pytest loses the variable; fastest must not."""
    name = "PYTEST_CURRENT_TEST"
    if "/fastest/" in pytest.__file__:
        assert after["environ"].get(name) == before["environ"][name]
    else:
        os.environ[name] = after["environ"][name] = before["environ"][name]


def run(*words):
    """A run inside this test; says what it left behind."""
    recorder = Recorder()
    before = snapshot()
    try:
        code = pytest.main(["-p", "no:cacheprovider", "-p", "no:randomly", *words], plugins=[recorder])
    except TypeError as error:
        code = error
    after = snapshot()
    keep_current_test(before, after)
    show_differences(before, after)
    print("\n".join(recorder.seen))
    print("code", repr(code))
    return recorder


@pytest.mark.parametrize("suite", SUITES)
def test_suite(suite):
    print("outer: before")
    log.info("outer: before")
    run(str(INNER / suite))
    print("outer: after")
    print("outer: after", file=sys.stderr)
    log.info("outer: after")


OPTIONS = [
    "-s",
    "-q",
    "-v --capture=sys",
    "--capture=tee-sys",
    "-p no:logging",
    "-p no:warnings",
    "-p no:capture",
    "-p no:terminal",
    "--log-cli-level=DEBUG",
    "--log-level=ERROR",
    "-W error",
    "-x",
    "--tb=short -rA",
    "--collect-only -q",
    "--setup-show",
    "--assert=plain",
    "--import-mode=importlib",
    "--nonsense",
    "-k nothing_of_it",
    "--junitxml=out.xml",
]


@pytest.mark.parametrize("words", OPTIONS)
def test_options(words, monkeypatch):
    folder = INNER.parent / "elsewhere"
    folder.mkdir(exist_ok=True)
    monkeypatch.chdir(folder)
    run(*words.split(), str(INNER / "mixed"))
    log.warning("outer: after")


@pytest.mark.parametrize("suite", SUITES)
def test_with_capsys(suite, capsys):
    print("outer: before")
    run(str(INNER / suite))
    out, err = capsys.readouterr()
    print("read")
    print(out)
    print(err)
    os.write(1, b"outer: to the descriptor\n")
    with capsys.disabled():
        print("outer: not captured")
    print("outer: captured again")


@pytest.mark.parametrize("suite", SUITES)
def test_with_capfd(suite, capfd):
    os.write(1, b"outer: before\n")
    run(str(INNER / suite))
    os.write(2, b"outer: after\n")
    out, err = capfd.readouterr()
    print("read")
    print(out)
    print(err)


@pytest.mark.parametrize("suite", SUITES)
def test_with_caplog(suite, caplog):
    caplog.set_level(logging.DEBUG, "suite.outer")
    log.debug("outer: before")
    run(str(INNER / suite))
    log.debug("outer: after")
    print([(record.name, record.levelname, record.getMessage()) for record in caplog.records])
    print(caplog.handler.level, logging.getLogger("suite.outer").level, logging.getLogger().level)


def test_with_warnings(recwarn):
    warnings.warn("outer: before")
    run(str(INNER / "mixed"))
    warnings.warn("outer: after")
    print(sorted(str(item.message) for item in recwarn))


def test_filters_stay():
    with warnings.catch_warnings():
        warnings.simplefilter("error", ImportWarning)
        run(str(INNER / "mixed"))
        with pytest.raises(ImportWarning):
            warnings.warn("outer", ImportWarning)


def test_asserts_explain_after_it():
    run("-q", str(INNER / "plain"))
    left = [1, 2, 3]
    assert left == [1, 2, 4]


def test_twice_and_concurrent_outcomes():
    first = run("-q", str(INNER / "mixed"))
    second = run("-q", str(INNER / "mixed"))
    assert first.seen == second.seen


@pytest.fixture
def inner_run():
    run("-q", str(INNER / "mixed"))
    yield
    run("-q", str(INNER / "broken_conftest"))


def test_in_setup_and_teardown(inner_run):
    print("call")


def test_plain_after_all():
    assert os.environ["PYTEST_CURRENT_TEST"].endswith("test_plain_after_all (call)")
