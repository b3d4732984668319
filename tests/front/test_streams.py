"""Standard streams that are closed, full, or go away: nothing is lost, and nothing of ours is printed."""
import subprocess
import sys
import xml.etree.ElementTree

import pytest

from conftest import FASTEST

TESTS = """
    import os, sys, pytest

    @pytest.mark.parametrize("number", range(400))
    def test_number(number):
        print("to stdout")
        os.write(2, b"to stderr")

    def test_capsys(capsys):
        print("hi")
        assert capsys.readouterr().out == "hi\\n"

    def test_capfd(capfd):
        os.system("echo hi")
        assert capfd.readouterr().out == "hi\\n"

    def test_fails():
        assert 0
    """


@pytest.fixture
def shell(project):
    """Runs `fastest WORDS` as a shell does: the finished process."""
    folder = project(test_some=TESTS)

    def run(words):
        command = f"exec {FASTEST} --python {sys.executable} -p no:cacheprovider {words}"
        return subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, timeout=60)

    return run


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&-", "<&- 2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("capture", ["fd", "sys"])
def test_closed_streams(shell, tmp_path, closed, capture):
    got = shell(f"--capture={capture} --junitxml=out.xml {closed}")
    assert got.returncode == 1
    suite = xml.etree.ElementTree.parse(tmp_path / "out.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("403", "1", "0")
    assert "Traceback" not in got.stderr
    assert ("1 failed, 402 passed" in got.stdout) == (">&-" not in closed.replace("2>&-", ""))


@pytest.mark.parametrize("words", ["", "-v", "-q", "-s --tb=no"])
def test_a_full_disk_behind_stdout_is_one_sentence(shell, words):
    got = shell(f"{words} >/dev/full")
    assert got.returncode == 1
    assert got.stderr.replace("to stderr", "") == "fastest: standard output: No space left on device\n"


def test_a_full_disk_behind_the_xml_file_loses_no_summary(shell):
    got = shell("--junitxml=/dev/full")
    assert (got.returncode, got.stderr) == (1, "")
    assert "ERROR: cannot write the xml file: [Errno 28] No space left on device" in got.stdout
    assert "1 failed, 402 passed" in got.stdout
    assert shell("--junitxml=/dev/full -k capfd").returncode == 1


@pytest.mark.parametrize("words", ["", "-v"])
def test_a_reader_that_goes_away(shell, words):
    got = shell(f"{words} | head -n 1; echo status ${{PIPESTATUS[0]}}".replace("exec ", ""))
    assert got.stdout.splitlines()[-1] in ("status 1",)
    assert got.stderr == ""
