"""The front with the real engine: what a host may see, how it ends, and how another one goes on."""
import json
import os
import signal
import sys

import pytest

from test_host import is_running, wait_until


def test_tests_see_no_trace_of_the_front(project, session, tmp_path):
    project(
        test_env="""
        import os, subprocess, sys

        def names(environ):
            return [name for name in environ if name.startswith("FASTEST") or name == "PYTHONPATH"]

        def test_environment():
            assert names(os.environ) == []
            code = "import os; print([n for n in os.environ if n.startswith('FASTEST')])"
            assert subprocess.check_output([sys.executable, "-c", code]) == b"[]\\n"

        def test_arguments_and_path():
            assert sys.argv[0].endswith("/pytest")
            assert sys.argv[1:] == ["-q"]
            assert "" not in sys.path and os.getcwd() not in sys.path[1:]
            assert os.environ["PYTEST_VERSION"]
            assert not any(folder.endswith("/build/python") for folder in sys.path)

        def test_the_log_is_not_inherited_by_children():
            code = (
                "import os; names = os.listdir('/proc/self/fd'); "
                "links = [os.readlink('/proc/self/fd/' + n) for n in names if os.path.exists('/proc/self/fd/' + n)]; "
                "assert not any('fastest-events' in link for link in links), links"
            )
            subprocess.run([sys.executable, "-c", code], close_fds=False, check=True)
        """
    )
    code, out, err = session("-q")
    assert code == 0, out + err


def test_multiprocessing_spawn_imports_our_main_again(project, session):
    project(
        test_spawn="""
        import multiprocessing

        def double(value):
            return 2 * value

        def test_spawn():
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                assert pool.map(double, [1, 2]) == [2, 4]
        """
    )
    code, out, err = session()
    assert code == 0, out + err


def test_a_killed_front_takes_its_host_along(project, start, tmp_path):
    project(
        test_sleep="""
        import os, pathlib, time

        def test_sleep():
            pathlib.Path("pid").write_text(str(os.getpid()))
            time.sleep(60)
        """
    )
    process = start("--python", sys.executable, "-s")
    wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text(), 10)
    pid = int((tmp_path / "pid").read_text())
    process.kill()
    process.wait()
    wait_until(lambda: not is_running(pid))


@pytest.mark.parametrize("to_group", [True, False])
def test_interrupt_runs_teardown_and_exits_with_2(project, start, tmp_path, to_group):
    project(
        test_sleep="""
        import os, pathlib, time, pytest

        @pytest.fixture(scope="session")
        def resource():
            yield
            time.sleep(0.5)
            pathlib.Path("torn down").touch()

        def test_sleep(resource):
            pathlib.Path("started").touch()
            time.sleep(60)
        """
    )
    process = start("--python", sys.executable, start_new_session=True)
    wait_until(lambda: (tmp_path / "started").exists(), 10)
    (os.killpg if to_group else os.kill)(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 2, out + err
    assert (tmp_path / "torn down").exists()
    assert "KeyboardInterrupt" in out


def test_verify_is_green(project, run):
    project(
        test_some="""
        import pytest

        def test_fails():
            assert 1 == 2

        @pytest.mark.parametrize("number", range(3))
        def test_numbers(number):
            if number == 2:
                pytest.skip("two")
        """
    )
    code, out, err = run("verify", "--python", sys.executable)
    assert code == 0, out + err
    assert "equal: ids, order, outcomes, exit status" in out


def test_verify_gives_both_the_same_hash_seed(project, run, monkeypatch):
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    project(
        test_some="""
        import pytest

        @pytest.mark.parametrize("name", {f"name{n}" for n in range(50)})
        def test_of_a_set(name):
            pass
        """
    )
    code, out, err = run("verify", "--python", sys.executable)
    assert code == 0, out + err
    assert "their digits are not compared" not in out


def test_between_plain_tests_no_python_frame_of_ours_runs(project, session, tmp_path):
    project(
        conftest="""
        import json, sys

        seen = {}

        def count(frame, event, argument):
            if event == "call":
                name = frame.f_code.co_filename
                seen[name] = seen.get(name, 0) + 1

        def pytest_runtestloop(session):
            sys.setprofile(count)

        def pytest_sessionfinish(session):
            sys.setprofile(None)
            with open("frames.json", "w") as out:
                json.dump(seen, out)
        """,
        test_plain="".join(f"def test_{n}():\n    assert {n} == {n}\n\n" for n in range(1000)),
    )
    code, out, err = session("-q")
    assert code == 0, out + err
    frames = json.loads((tmp_path / "frames.json").read_text())
    tests = frames.pop(str(tmp_path / "test_plain.py"))
    assert tests == 1000
    assert sum(frames.values()) < 100, frames
