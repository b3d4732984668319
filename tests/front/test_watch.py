"""fastest discover --watch: one JSON line per change, at once. Each test waits for lines, never for time to pass."""
import json
import queue
import shutil
import signal
import subprocess
import sys
import threading

import pytest

from conftest import FASTEST

SECONDS = 30


class Watch:
    """A running watch, and the events that it has told so far."""

    def __init__(self, folder, *words, head=()):
        self.folder = folder
        self.process = subprocess.Popen(
            [*head, FASTEST, "discover", "--watch", "--python", sys.executable, *words],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.lines = queue.Queue()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def next(self):
        line = self.lines.get(timeout=SECONDS)
        assert line is not None, self.process.stderr.read().decode()
        assert line.endswith(b"\n")
        return json.loads(line)

    def until(self, event, **values):
        """Events up to one that has these values; the others before it count as told."""
        told = []
        while True:
            got = self.next()
            told.append(got)
            if got["event"] == event and all(got.get(name) == value for name, value in values.items()):
                return told

    def ready(self):
        told = self.until("ready")
        return told[:-1], told[-1]

    def ended(self):
        return self.process.wait(timeout=SECONDS)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.thread.join()
        self.process.stdout.close()
        self.process.stderr.close()


@pytest.fixture
def watch(tmp_path):
    """Starts a watch; at the end none is left."""
    running = []

    def start(*words, **kwargs):
        running.append(Watch(tmp_path, *words, **kwargs))
        return running[-1]

    yield start
    for each in running:
        each.close()


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def replace(path, text):
    """As editors do."""
    other = path.with_name("." + path.name + ".tmp")
    other.write_text(text)
    other.rename(path)


def ids(event):
    return [test["id"] for test in event["tests"]]


def test_the_first_lines_are_the_whole_state(tmp_path, watch):
    write(tmp_path / "test_a.py", "def test_one(): pass\ndef test_two(): pass\n")
    write(tmp_path / "inner/test_b.py", "class TestB:\n    def test_three(self): pass\n")
    files, ready = watch().ready()
    assert files[0]["event"] == "start" and files[0]["version"] == 1 and files[0]["root"] == str(tmp_path)
    assert [(event["event"], event["file"]) for event in files[1:]] == [
        ("added", "inner/test_b.py"),
        ("added", "test_a.py"),
    ]
    assert ids(files[1]) == ["inner/test_b.py::TestB::test_three"]
    assert ids(files[2]) == ["test_a.py::test_one", "test_a.py::test_two"]
    assert (ready["files"], ready["tests"]) == (2, 3)


def test_edits_are_told_by_file(tmp_path, watch):
    write(tmp_path / "test_a.py", "def test_one(): pass\n")
    write(tmp_path / "test_b.py", "def test_b(): pass\n")
    running = watch()
    running.ready()
    write(tmp_path / "test_a.py", "def test_one(): pass\ndef test_two(): pass\n")
    assert ids(running.until("changed", file="test_a.py")[-1])[-1] == "test_a.py::test_two"
    replace(tmp_path / "test_a.py", "def test_three(): pass\n")
    told = running.until("changed", file="test_a.py")
    assert ids(told[-1]) == ["test_a.py::test_three"]
    assert {event["file"] for event in told} == {"test_a.py"}


def test_what_changes_no_test_is_not_told(tmp_path, watch):
    write(tmp_path / "test_a.py", "def test_one():\n    pass\n")
    running = watch()
    running.ready()
    write(tmp_path / "test_a.py", "def test_one():\n    del globals\n")
    write(tmp_path / "notes.txt", "none\n")
    write(tmp_path / "__pycache__/x.pyc", "none\n")
    write(tmp_path / "test_b.py", "def test_b(): pass\n")
    assert [event["file"] for event in running.until("added", file="test_b.py")] == ["test_b.py"]


def test_files_come_and_go(tmp_path, watch):
    running = watch()
    assert running.ready()[1]["files"] == 0
    write(tmp_path / "test_a.py", "def test_one(): pass\n")
    assert ids(running.until("added", file="test_a.py")[-1]) == ["test_a.py::test_one"]
    (tmp_path / "test_a.py").rename(tmp_path / "test_b.py")
    told = running.until("added", file="test_b.py")
    assert [(event["event"], event["file"]) for event in told] == [("removed", "test_a.py"), ("added", "test_b.py")]
    assert told[0]["tests"] == []
    (tmp_path / "test_b.py").unlink()
    running.until("removed", file="test_b.py")


def test_folders_come_and_go(tmp_path, watch):
    running = watch()
    running.ready()
    write(tmp_path / "a/b/c/test_deep.py", "def test_one(): pass\n")
    running.until("added", file="a/b/c/test_deep.py")
    write(tmp_path / "a/b/c/test_deep.py", "def test_two(): pass\n")
    running.until("changed", file="a/b/c/test_deep.py")
    (tmp_path / "a").rename(tmp_path / "z")
    told = running.until("added", file="z/b/c/test_deep.py")
    assert told[0]["event"] == "removed" and told[0]["file"] == "a/b/c/test_deep.py"
    write(tmp_path / "z/b/c/test_deep.py", "def test_three(): pass\n")
    running.until("changed", file="z/b/c/test_deep.py")
    shutil.rmtree(tmp_path / "z")
    running.until("removed", file="z/b/c/test_deep.py")
    write(tmp_path / "z/b/c/test_deep.py", "def test_four(): pass\n")
    running.until("added", file="z/b/c/test_deep.py")


def test_a_whole_checkout_is_told(tmp_path, watch):
    running = watch()
    running.ready()
    for number in range(300):
        write(tmp_path / f"p{number % 20}" / f"q{number % 3}" / f"test_{number}.py", "def test(): pass\n")
    wanted = {f"p{number % 20}/q{number % 3}/test_{number}.py" for number in range(300)}
    while wanted:
        event = running.next()
        assert event["event"] in ("added", "changed")
        if event["tests"]:
            wanted.remove(event["file"])


def test_an_imported_module_changes_the_tests_that_rest_on_it(tmp_path, watch):
    write(tmp_path / "tests/test_a.py", "from helper import Base\n\nclass TestA(Base):\n    def test_own(self): pass\n")
    write(tmp_path / "lib/helper.py", "class Base:\n    def test_shared(self): pass\n")
    write(tmp_path / "pytest.ini", "[pytest]\npythonpath = lib\n")
    running = watch("tests")
    running.ready()
    write(tmp_path / "lib/helper.py", "class Base:\n    def test_other(self): pass\n")
    names = [test["id"].rpartition("::")[2] for test in running.until("changed", file="tests/test_a.py")[-1]["tests"]]
    assert sorted(names) == ["test_other", "test_own"]


def test_a_conftest_changes_the_tests_below_it(tmp_path, watch):
    write(tmp_path / "inner/test_a.py", "def test_one(): pass\n")
    running = watch()
    running.ready()
    write(tmp_path / "conftest.py", "collect_ignore = ['inner']\n")
    running.until("removed", file="inner/test_a.py")
    (tmp_path / "conftest.py").unlink()
    running.until("added", file="inner/test_a.py")


def test_an_error_is_an_event_and_so_is_its_end(tmp_path, watch):
    write(tmp_path / "test_a.py", "def test_one(): pass\n")
    running = watch()
    running.ready()
    write(tmp_path / "test_a.py", "def test_one(:\n")
    event = running.until("changed", file="test_a.py")[-1]
    assert event["error"]["line"] == 1 and event["error"]["message"]
    assert event["tests"] == []
    write(tmp_path / "test_a.py", "def test_one(): pass\n")
    event = running.until("changed", file="test_a.py")[-1]
    assert ids(event) == ["test_a.py::test_one"] and not event.get("error")


def test_a_broken_configuration_is_an_event_and_so_is_its_end(tmp_path, watch):
    write(tmp_path / "test_a.py", "def test_one(): pass\n")
    write(tmp_path / "pytest.ini", "[pytest]\n")
    running = watch()
    running.ready()
    write(tmp_path / "pytest.ini", "[pytest\n")
    event = running.until("error")[-1]
    assert "pytest.ini" in event["message"] and "\n" not in event["message"]
    write(tmp_path / "pytest.ini", "[pytest]\npython_functions = check\n")
    told = running.until("changed", file="test_a.py")
    assert told[0]["event"] == "recovered" and told[-1]["tests"] == []


def test_a_broken_configuration_at_the_start_ends_it(tmp_path, run):
    write(tmp_path / "pytest.ini", "[pytest\n")
    code, out, err = run("discover", "--watch", "--python", sys.executable)
    assert code == 4 and out == ""
    assert "pytest.ini" in err


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 2), (signal.SIGTERM, -signal.SIGTERM)])
def test_signals_end_it(tmp_path, watch, number, code):
    running = watch()
    running.ready()
    running.process.send_signal(number)
    assert running.ended() == code
    assert running.process.stderr.read() == b""


def test_a_reader_that_goes_ends_it(tmp_path):
    process = subprocess.Popen(
        [FASTEST, "discover", "--watch", "--python", sys.executable],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        while json.loads(process.stdout.readline())["event"] != "ready":
            pass
        process.stdout.close()
        assert process.wait(timeout=SECONDS) == 0
        assert process.stderr.read() == b""
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_a_reader_that_does_not_read_keeps_no_signal_away(tmp_path):
    for number in range(200):
        lines = "".join(f"def test_{name}(): pass\n" for name in range(50))
        write(tmp_path / f"test_{number}.py", lines)
    process = subprocess.Popen(
        [FASTEST, "discover", "--watch", "--python", sys.executable], cwd=tmp_path, stdout=subprocess.PIPE
    )
    try:
        assert json.loads(process.stdout.readline())["event"] == "start"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=SECONDS) == 2
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def can_limit_watches():
    words = ["unshare", "-r", "sh", "-c", "echo 2 > /proc/sys/user/max_inotify_watches"]
    try:
        return subprocess.run(words, capture_output=True).returncode == 0
    except OSError:
        return False


def test_without_watches_changes_are_told_later(tmp_path, watch):
    if not can_limit_watches():
        pytest.skip("the number of watches cannot be limited for a test")
    for name in "abcd":
        write(tmp_path / name / f"test_{name}.py", "def test_one(): pass\n")
    limit = 'echo 2 > /proc/sys/user/max_inotify_watches; exec "$@"'
    running = watch(head=("unshare", "-r", "sh", "-c", limit, "sh"))
    told, _ = running.ready()
    limited = [event["message"] for event in told if event["event"] == "limited"]
    assert len(limited) == 1 and "max_user_watches" in limited[0]
    for name in "abcd":
        write(tmp_path / name / f"test_{name}.py", "def test_two(): pass\n")
        running.until("changed", file=f"{name}/test_{name}.py")
