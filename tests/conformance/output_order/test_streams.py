"""What is written past the capture, through every door, among the progress."""
import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("number", range(6))
def test_disabled(number, capsys):
    with capsys.disabled():
        print("printed", number)


def test_plain():
    pass


@pytest.mark.parametrize("number", range(3))
def test_every_level(number, capfd):
    with capfd.disabled():
        print("text", number)
        os.write(1, b"descriptor\n")
        sys.stdout.buffer.write(b"buffer\n")
        subprocess.run(["echo", "child"])


def test_both_streams(capfd):
    with capfd.disabled():
        print("out")
        print("err", file=sys.stderr)


@pytest.fixture
def speaking(capsys):
    with capsys.disabled():
        print("setup")
    yield
    with capsys.disabled():
        print("teardown", file=sys.stderr)


@pytest.mark.parametrize("number", range(4))
def test_fixture(speaking, number):
    assert number != 2


def test_fork(capfd):
    with capfd.disabled():
        print("before")
        if os.fork() == 0:
            print("child")
            sys.stdout.flush()
            os._exit(0)
        os.wait()


INNER = """
import sys
def test_disabled(capsys):
    print("captured")
    with capsys.disabled():
        print("inner")
        print("inner error", file=sys.stderr)
def test_fails(): assert 0
"""


def test_run_inside(capsys, tmp_path):
    path = tmp_path / "test_inner.py"
    path.write_text(INNER)
    with capsys.disabled():
        print("outer")
        pytest.main(["-p", "no:cacheprovider", str(path)])
        print("outer error", file=sys.stderr)


def test_captured_run_inside(tmp_path):
    path = tmp_path / "test_inner_captured.py"
    path.write_text(INNER)
    pytest.main(["-p", "no:cacheprovider", str(path)])
    assert 0


class Speaking:
    done = False

    def __repr__(self):
        if not self.done:
            os.write(1, b"repr\n")
            self.done = True
        return "Speaking()"


def test_repr():
    value = Speaking()
    assert value == 1


def test_reporter(request):
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    reporter.write("not flushed")
    reporter.write("flushed", flush=True)
    reporter._tw.line("and more")


def test_reporter_disabled(request, capsys):
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    with capsys.disabled():
        print("before")
        reporter.write_line("reporter")
        os.write(1, b"descriptor\n")
        print("behind")
