"""A host that dies in mid-run: another one goes on, nothing is lost, and the report says where it died."""
import os
import signal
import sys
import xml.etree.ElementTree

import pytest

from test_host import wait_until

CRASHING = """
    import os, signal, pytest

    def test_before():
        print("seen")

    def test_fails():
        assert 1 == 2

    def test_crash():
        os.kill(os.getpid(), signal.SIGSEGV)

    @pytest.mark.parametrize("number", range(3))
    def test_after(number):
        pass

    def test_crash_again():
        os.abort()

    def test_last(record_property):
        record_property("key", "value")
    """


def test_a_crash_loses_nothing(project, session, tmp_path):
    project(test_crash=CRASHING)
    code, out, err = session("-v", "--junitxml=out.xml")
    assert code == 1, out + err
    cases = {
        case.get("name"): [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
        for case in xml.etree.ElementTree.parse(tmp_path / "out.xml").iter("testcase")
    }
    assert cases == {
        "test_before": [],
        "test_fails": ["failure"],
        "test_crash": ["failure"],
        "test_after[0]": [],
        "test_after[1]": [],
        "test_after[2]": [],
        "test_crash_again": ["failure"],
        "test_last": [],
    }


def test_a_crash_is_shown_once(project, session):
    project(test_crash=CRASHING)
    code, out, err = session("-v")
    assert code == 1, out + err
    lines = out.splitlines()
    for name in ("test_before PASSED", "test_after[1] PASSED", "test_last PASSED", "test_fails FAILED"):
        assert sum(name in line for line in lines) == 1, out
    assert sum("test session starts" in line for line in lines) == 1
    assert "The interpreter died of SIGSEGV in the test's call." in out
    assert "The interpreter died of SIGABRT in the test's call." in out
    assert "3 failed, 5 passed" in lines[-1]


def test_a_module_that_always_crashes_ends_the_run(project, session):
    project(test_crash="import os, pytest\n\n@pytest.mark.parametrize('n', range(9))\ndef test(n):\n    os.abort()\n")
    code, out, err = session()
    assert code == 3
    assert "crashed 3 times in a row" in err


def test_a_forked_child_does_not_disturb_the_log(project, session):
    project(
        test_fork="""
        import os

        def test_fork():
            pid = os.fork()
            if pid == 0:
                os._exit(0)
            assert os.waitpid(pid, 0)[1] == 0
        """
    )
    assert session()[0] == 0


SESSION = """
    import ctypes, os, pytest

    @pytest.fixture(scope="session", autouse=True)
    def resource():
        if os.environ.get("CRASH") == "setup" and os.path.exists("first"):
            os.abort()
        yield
        if os.environ.get("CRASH") == "teardown":
            os.abort()

    def inner():
        ctypes.string_at(0)

    def test_first():
        open("first", "w").close()

    def test_inner():
        if os.environ.get("CRASH") == "call":
            inner()

    def test_exit():
        if os.environ.get("CRASH") == "exit":
            os._exit(7)

    def test_last():
        pass
    """


@pytest.fixture
def crash(project, session, tmp_path):
    """Runs SESSION with a crash at that place: (exit status, stdout, stderr)."""
    project(test_session=SESSION)
    return lambda place, *words: session(*words, env={**os.environ, "CRASH": place})


def test_the_stack_is_in_the_report_and_on_stderr(crash, tmp_path):
    code, out, err = crash("call", "--junitxml=out.xml")
    assert code == 1
    assert "1 failed, 3 passed" in out
    for text in (out, err, (tmp_path / "out.xml").read_text()):
        assert "Fatal Python error: Segmentation fault" in text
        assert "test_session.py\", line 13 in inner" in text.replace("&quot;", '"')


def test_a_crash_in_the_last_teardown_is_an_error_of_the_last_test(crash):
    code, out, _ = crash("teardown", "-v")
    assert code == 1
    assert "4 passed, 1 error" in out
    assert "ERROR at teardown of test_last" in out
    assert "The interpreter died of SIGABRT in the test's teardown." in out
    assert "in resource" in out


def test_a_crash_in_setup(project, session):
    project(test_setup="import os, pytest\n\n@pytest.fixture\ndef bad():\n    os.abort()\n\ndef test_a(bad): pass\ndef test_b(): pass\n")
    code, out, _ = session()
    assert code == 1
    assert "ERROR at setup of test_a" in out and "1 passed, 1 error" in out


@pytest.mark.parametrize("words, counts", [(["-x"], "1 failed, 1 passed"), (["--maxfail=2"], "1 failed, 3 passed")])
def test_a_crash_counts_as_a_failure(crash, words, counts):
    code, out, _ = crash("call", *words)
    assert code == 1
    assert counts in out.splitlines()[-1]
    assert ("stopping after 1 failures" in out) == ("-x" in words)


def test_an_exit_in_a_test_is_a_crash(crash):
    code, out, err = crash("exit")
    assert (code, err) == (1, "")
    assert "The interpreter exited with status 7 in the test's call." in out
    assert "1 failed, 3 passed" in out


def test_exits_that_somebody_asked_for_end_the_run(project, session):
    project(test_slow="import time\n\ndef test_slow():\n    time.sleep(30)\n\ndef test_other():\n    pass\n")
    code, out, err = session("-o", "faulthandler_timeout=0.1", "-o", "faulthandler_exit_on_timeout=true")
    assert code == 1
    assert "failed" not in out and "most recent call first" in err


def test_a_session_that_breaks_at_its_end_is_not_taken_over(project, session):
    project(
        conftest="""
        def pytest_runtest_teardown():
            raise KeyError("in the hook")

        def pytest_sessionfinish():
            print("once")
            raise TypeError("at the end")
        """,
        test_some="def test_a(): pass\ndef test_b(): pass\n",
    )
    code, out, err = session("-p", "no:cacheprovider")
    assert code == 1
    assert "goes on" not in out


def test_a_crash_in_collection_ends_the_run_as_pytest_does(project, session):
    project(test_crash="import os\nopen('seen', 'a').write('x')\nos.abort()\n")
    code, out, err = session()
    assert code == -signal.SIGABRT
    assert "Fatal Python error: Aborted" in err and "line 3 in <module>" in err


def test_a_child_that_crashes_is_told_at_once(project, session):
    project(
        test_fork="""
        import ctypes, os

        def test_fork():
            pid = os.fork()
            if pid == 0:
                ctypes.string_at(0)
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -11

        def test_crash():
            os.abort()
        """
    )
    code, out, err = session()
    assert "1 failed, 1 passed" in out
    assert "Segmentation fault" in err and "Segmentation fault" not in out
    assert "Aborted" in out


def test_a_host_killed_from_outside(project, start, tmp_path):
    project(
        test_slow="""
        import os, pathlib, time

        def test_before():
            pass

        def test_slow():
            pathlib.Path("pid").write_text(str(os.getpid()))
            time.sleep(60)

        def test_after():
            pass
        """
    )
    process = start("--python", sys.executable)
    wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text(), 10)
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "The interpreter died of SIGKILL in the test's call." in out
    assert "1 failed, 2 passed" in out


def test_the_last_failures_know_the_crash(crash):
    crash("call")
    code, out, _ = crash("nowhere", "--lf", "-v")
    assert code == 0
    assert "test_inner PASSED" in out and "1 passed" in out
