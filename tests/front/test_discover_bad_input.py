"""Discovery of what nobody should have written: each bad file costs one line, and all the others are found."""
import json
import os
import resource
import socket
import subprocess
import sys
import threading

import pytest

from conftest import FASTEST

GOOD = "def test_good(): pass\n"


def discover(folder, *words, python=sys.executable, head=()):
    """(exit status, document, lines of stderr)."""
    got = subprocess.run(
        [*head, FASTEST, "discover", "-o", "json", "--python", python, *words], cwd=folder, capture_output=True, timeout=60
    )
    assert got.returncode >= 0, got.stderr
    document = json.loads(got.stdout) if got.stdout else None
    lines = got.stderr.decode("utf-8", "surrogateescape").splitlines()
    return got.returncode, document, [line for line in lines if not line.startswith("fastest: nothing is exact")]


def by_path(document):
    return {file["path"]: file for file in document["files"]}


def ids(file):
    return [test["id"] for test in file["tests"]]


ERRORS = {
    "a missing bracket": b"def test_a(:\n    pass\n",
    "an open bracket": b"x = (\ndef test_a(): pass\n",
    "a closing bracket": b"def test_a(): pass\n)\n",
    "the wrong bracket": b"def test_a(): pass\nx = (1]\n",
    "an open string": b"def test_a(): pass\nx = '''\n",
    "wrong indentation": b"def test_a():\n        pass\n    pass\n",
    "tabs and blanks": b"if 1:\n        x = 1\n\ty = 1\n",
    "no body": b"def test_a():\n",
    "an unknown character": b"def test_a(): pass\nx = ?\n",
    "half a statement": b"def test_a():\n    self.\n",
    "half an expression": b"def test_a():\n    x = [1, 2, *]\n",
    "a missing comma": b"def test_a():\n    print('a' 1)\n",
    "a missing colon": b"def test_a():\n    if 1\n        pass\n",
    "a keyword as a name": b"def test_a():\n    class = 1\n",
    "an assignment to a call": b"def test_a():\n    f() = 1\n",
    "return outside of a function": b"def test_a(): pass\nreturn\n",
    "a statement of Python 2": b"def test_a():\n    print 'a'\n",
    "bytes that are no UTF-8": b"def test_a(): pass\nx = '\xff'\n",
    "an unknown encoding": b"# coding: no-such-thing\ndef test_a(): pass\n",
    "a wrong byte order mark": b"\xef\xbb\xbf# coding: latin-1\ndef test_a(): pass\n",
    "UTF-16": "def test_a(): pass\n".encode("utf-16"),
    "NUL": b"def test_a(): pass\n\0\n",
    "NUL in a string": b"def test_a(): 'a\0b'\n",
    "NUL in a comment": b"def test_a(): pass # \0\n",
    "nothing but NUL": bytes(100),
    "100,000 open brackets": b"x = " + b"(" * 100000 + b"\n",
    "100,000 nested brackets": b"x = " + b"[" * 100000 + b"]" * 100000 + b"\ndef test_a(): pass\n",
    "100,000 nested brackets in an argument": b"import pytest\n@pytest.mark.parametrize('x', "
    + b"[" * 100000
    + b"]" * 100000
    + b")\ndef test_a(x): pass\n",
    "100 levels of indentation": b"".join(b" " * depth + b"if 1:\n" for depth in range(100)) + b" " * 100 + b"pass\n",
}


@pytest.mark.parametrize("content", ERRORS.values(), ids=ERRORS)
def test_what_is_no_python_is_an_error_of_its_file(tmp_path, content):
    (tmp_path / "test_bad.py").write_bytes(content)
    (tmp_path / "test_good.py").write_text(GOOD)
    code, document, lines = discover(tmp_path)
    files = by_path(document)
    assert ids(files["test_good.py"]) == ["test_good.py::test_good"]
    bad = files["test_bad.py"]
    assert bad["tests"] == []
    assert bad["error"]["line"] >= 1 and bad["error"]["message"]
    assert len(lines) == 1 and lines[0].startswith("ERROR test_bad.py:")
    assert code == 2
    # The specification agrees.
    words = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "test_bad.py"]
    assert b"1 error" in subprocess.run(words, cwd=tmp_path, capture_output=True, timeout=60).stdout


FINE = {
    "a byte order mark": b"\xef\xbb\xbfdef test_a(): pass\n",
    "Latin-1": "# coding: latin-1\nx = 'é'\ndef test_a(): pass\n".encode("latin-1"),
    "carriage returns": b"def test_a():\r    pass\r",
    "both ends of lines": b"def test_a():\r\n    pass\r\n",
    "form feeds": b"\x0c\ndef test_a():\n\x0c    pass\n",
    "no newline at the end": b"def test_a(): pass",
    "a continued line": b"def \\\n  test_a \\\n  (): \\\n  pass\n",
    "180 nested brackets": b"x = " + b"[" * 180 + b"]" * 180 + b"\ndef test_a(): pass\n",
    "90 levels of indentation": b"".join(b" " * depth + b"if 1:\n" for depth in range(90)) + b" " * 90 + b"pass\ndef test_a(): pass\n",
    "a line of 3 MB": b"x = '" + b"x" * 3000000 + b"'\ndef test_a(): pass\n",
    "a million blank lines": b"\n" * 1000000 + b"def test_a(): pass\n",
    "a name of 100,000 letters": b"def " + b"x" * 100000 + b"(): pass\ndef test_a(): pass\n",
}


@pytest.mark.parametrize("content", FINE.values(), ids=FINE)
def test_odd_python_is_python(tmp_path, content):
    (tmp_path / "test_odd.py").write_bytes(content)
    code, document, lines = discover(tmp_path)
    assert code == 0 and lines == []
    assert ids(by_path(document)["test_odd.py"]) == ["test_odd.py::test_a"]


def test_a_file_of_100_mb_is_told_in_a_line(tmp_path):
    (tmp_path / "test_good.py").write_text(GOOD)
    with open(tmp_path / "test_large.py", "wb") as file:
        file.write(b"x = 1\n" * 17500000)
    code, document, lines = discover(tmp_path)
    assert ids(by_path(document)["test_good.py"]) == ["test_good.py::test_good"]
    large = by_path(document)["test_large.py"]
    assert large["tests"] == [] and not large["exact"]
    assert len(lines) == 1 and "test_large.py" in lines[0]
    assert code == 2


@pytest.mark.parametrize("shape", ["loop", "itself", "dangling", "folder", "file", "chain"])
def test_links(tmp_path, shape):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner/test_good.py").write_text(GOOD)
    target, name = {
        "loop": ("..", "inner/again"),
        "itself": ("test_itself.py", "test_itself.py"),
        "dangling": ("nowhere.py", "test_dangling.py"),
        "folder": ("inner", "other"),
        "file": ("inner/test_good.py", "test_file.py"),
        "chain": ("inner/b", "inner/a"),
    }[shape]
    (tmp_path / name).symlink_to(target)
    if shape == "chain":
        (tmp_path / "inner/b").symlink_to("../inner")
    code, document, lines = discover(tmp_path)
    found = [test["id"] for file in document["files"] for test in file["tests"]]
    assert "inner/test_good.py::test_good" in found
    if shape in ("folder", "file"):
        assert len(found) == 2 and lines == [] and code == 0
    else:
        assert len(lines) <= 2 and len(found) == 1


NOBODY = 65534


@pytest.fixture
def somebody_else(tmp_path):
    """Words before a command that somebody without root's rights runs: root may read everything."""
    words = []
    if os.getuid() == 0:
        tmp_path.chmod(0o755)
        for above in tmp_path.parents:
            if above.name.startswith("pytest-"):
                above.chmod(0o755)
        words = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    try:
        got = subprocess.run([*words, FASTEST, "version"], cwd=tmp_path, capture_output=True)
    except OSError as problem:
        pytest.skip(f"nobody else can be asked: {problem}")
    if got.returncode:
        pytest.skip(f"nobody else can run {FASTEST}")
    return words


def test_unreadable_folders_and_files_cost_a_line_each(tmp_path, somebody_else):
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"test_{name}.py").write_text(GOOD)
    (tmp_path / "a").chmod(0)
    (tmp_path / "b/test_b.py").chmod(0)
    code, document, lines = discover(tmp_path, python="python3", head=somebody_else)
    (tmp_path / "a").chmod(0o755)
    files = by_path(document)
    assert ids(files["c/test_c.py"]) == ["c/test_c.py::test_good"]
    assert files["b/test_b.py"]["error"]["message"]
    assert [problem["path"] for problem in document["problems"]] == ["a"]
    assert sorted(line.split(":")[0] for line in lines if line.startswith("ERROR")) == ["ERROR a", "ERROR b/test_b.py"]
    assert code == 2


NAMES = [b"test_new\nline.py", b"test_\xff.py", b"test_\xc3\xa9.py", b"test_ blank.py", b"test_'\".py", b"test_\x1b[31m.py"]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_any_bytes(tmp_path, name):
    path = os.fsencode(tmp_path) + b"/" + name
    with open(path, "w") as file:
        file.write(GOOD)
    (tmp_path / "test_good.py").write_text(GOOD)
    code, document, lines = discover(tmp_path)
    shown = name.decode("utf-8", "surrogateescape")
    files = by_path(document)
    assert set(files) == {shown, "test_good.py"}
    assert ids(files["test_good.py"]) == ["test_good.py::test_good"]
    assert files[shown]["error"] or ids(files[shown]) == [f"{shown}::test_good"]
    with open(path, "w") as file:
        file.write("def test_good(:\n")
    code, document, lines = discover(tmp_path)
    assert code == 2 and len(lines) == 1 and lines[0].startswith("ERROR test_")
    assert lines[0].replace("\udcff", "").isprintable()


def test_folders_with_names_of_any_bytes(tmp_path):
    for name in (b"new\nline", b"\xff\xfe", b"blank "):
        os.mkdir(os.fsencode(tmp_path) + b"/" + name)
        with open(os.fsencode(tmp_path) + b"/" + name + b"/test_a.py", "w") as file:
            file.write(GOOD)
    code, document, _ = discover(tmp_path)
    assert {os.path.dirname(path) for path in by_path(document)} == {"new\nline", "\udcff\udcfe", "blank "}


@pytest.mark.parametrize("kind", ["fifo", "socket", "folder", "device"])
def test_what_is_no_file_is_not_opened(tmp_path, kind):
    (tmp_path / "test_good.py").write_text(GOOD)
    path = tmp_path / "test_odd.py"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        here = os.getcwd()
        os.chdir(tmp_path)  # the path of a socket is short
        try:
            with socket.socket(socket.AF_UNIX) as made:
                made.bind("test_odd.py")
        finally:
            os.chdir(here)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero")
    _, document, _ = discover(tmp_path)
    assert ids(by_path(document)["test_good.py"]) == ["test_good.py::test_good"]


@pytest.fixture
def all_that_is_bad(tmp_path):
    """A folder of it, and of one good file; how many lines that costs."""
    for number, content in enumerate(ERRORS.values()):
        (tmp_path / f"test_bad{number}.py").write_bytes(content)
    (tmp_path / "test_large.py").write_bytes(b"x = 1\n" * 17500000)
    (tmp_path / "good").mkdir()
    (tmp_path / "good" / "test_good.py").write_text(GOOD)
    (tmp_path / "good" / "loop").symlink_to("..")
    (tmp_path / "test_dangling.py").symlink_to("nowhere")
    os.mkfifo(tmp_path / "test_fifo.py")
    for name in NAMES:
        with open(os.fsencode(tmp_path) + b"/good/" + name, "w") as file:
            file.write("x = (\n")
    return tmp_path, len(ERRORS) + len(NAMES) + 2


@pytest.mark.parametrize("words", ["", "-q", "-o json", "-o count"])
def test_each_output_tells_each_bad_file_in_one_line(all_that_is_bad, words):
    folder, count = all_that_is_bad
    outputs = set()
    for more in ((), (), ("--no-index",)):
        command = [FASTEST, "discover", "--python", sys.executable, *words.split(), *more]
        got = subprocess.run(command, cwd=folder, capture_output=True, timeout=60)
        lines = [line for line in got.stderr.splitlines() if not line.startswith(b"fastest: ")]
        assert got.returncode == 2 and len(lines) == count, got
        assert all(line.startswith(b"ERROR ") and min(line) >= 0x20 for line in lines)
        assert got.stdout.count(b"test_good") >= 1 or got.stdout == b"1\n"
        outputs.add((got.stdout, got.stderr))
    assert len(outputs) == 1


def test_a_watch_tells_each_bad_file_and_that_it_is_mended(all_that_is_bad):
    folder, count = all_that_is_bad
    command = [FASTEST, "discover", "--watch", "--python", sys.executable]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE) as process:
        try:
            events = []
            for line in process.stdout:
                events.append(json.loads(line))
                if events[-1]["event"] == "ready":
                    break
            assert sum(bool(event.get("error")) or event["event"] == "problem" for event in events) == count
            (folder / "test_bad0.py").write_text(GOOD)
            event = json.loads(process.stdout.readline())
            assert (event["event"], event["file"], event["error"]) == ("changed", "test_bad0.py", None)
            os.rename(folder / "good" / "test_good.py", os.fsencode(folder) + b"/good/test_g\xff.py")
            events = [json.loads(process.stdout.readline()) for _ in range(2)]
            assert {(event["event"], event["file"]) for event in events} == {
                ("removed", "good/test_good.py"),
                ("added", "good/test_g\udcff.py"),
            }
        finally:
            process.kill()


def test_files_that_vanish_and_change_meanwhile(tmp_path):
    for number in range(300):
        (tmp_path / f"test_{number}.py").write_text(GOOD)
    stop = threading.Event()

    def disturb():
        while not stop.is_set():
            for number in range(0, 300, 3):
                path = tmp_path / f"test_{number}.py"
                path.write_text("x = (" * (number % 5))
                path.unlink()
                path.write_text(GOOD * 60)

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        for _ in range(20):
            code, document, lines = discover(tmp_path)
            assert code in (0, 2)
            files = by_path(document)
            for number in range(1, 300, 3):
                assert ids(files[f"test_{number}.py"]) == [f"test_{number}.py::test_good"]
            errors = [file for file in files.values() if file["error"]]
            assert len(lines) == len(errors) + len(document["problems"])
    finally:
        stop.set()
        thread.join()
    # The index kept nothing of what was only half there.
    _, document, lines = discover(tmp_path)
    assert lines == [] and len(document["files"]) == 300
    assert all(ids(file) == [f"{path}::test_good"] for path, file in by_path(document).items())


def seconds(folder):
    """Of the processor: others may be at work, too."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    discover(folder, "--no-index")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


# Ten times as much of it may cost little more than ten times as much.
REPEATED = {
    "brackets": lambda count: "x = " + "(" * count + "\n",
    "closed brackets": lambda count: "x = " + "(" * count + ")" * count + "\n",
    "closing brackets": lambda count: ")" * count + "\n",
    "decorators": lambda count: "@x\n" * count + "def test_a(): pass\n",
    "functions": lambda count: "def test_a(): pass\n" * count,
    "different functions": lambda count: "".join(f"def test_{number}(): pass\n" for number in range(count)),
    "classes": lambda count: "".join(f"class TestA{number}:\n    def test_a(self): pass\n" for number in range(count)),
    "bases": lambda count: "class TestA0: pass\n"
    + "".join(f"class TestA{number}(TestA{number - 1}): pass\n" for number in range(1, count // 50)),
    "two bases": lambda count: "class TestA0: pass\nclass TestA1(TestA0): pass\n"
    + "".join(f"class TestA{number}(TestA{number - 1}, TestA{number - 2}): pass\n" for number in range(2, count // 200)),
    "assignments": lambda count: "".join(f"test_{number} = test_{number - 1}\n" for number in range(count)),
    "parameters": lambda count: "import pytest\n@pytest.mark.parametrize('x', [" + "1, " * count + "])\ndef test_a(x): pass\n",
    "equal ids": lambda count: "import pytest\n@pytest.mark.parametrize('x', [" + "'a', " * count + "])\ndef test_a(x): pass\n",
    "quotes": lambda count: "x = " + "'a' " * count + "\n",
    "open strings": lambda count: "x = f'{'\n" * count,
    "f-strings": lambda count: "x = " + "f'{1}' " * count + "\n",
    "continued lines": lambda count: "x = 1 + \\\n" * count + "1\n",
    "semicolons": lambda count: "x = 1; " * count + "\n",
    "imports": lambda count: "".join(f"import nothing{number}\n" for number in range(count // 20)),
    "star imports": lambda count: "from os.path import *\n" * count,
    "conditions": lambda count: "if x: pass\n" + "elif y: pass\n" * count,
    "operators": lambda count: "x = " + "1 + " * count + "1\n",
    "dots": lambda count: "x = a" + ".a" * count + "\n",
    "deletions": lambda count: "def test_a(): pass\ndel test_a\n" * count,
    "marks": lambda count: "import pytest\npytestmark = [" + "pytest.mark.a, " * count + "]\ndef test_a(): pass\n",
    "keywords": lambda count: "f(" + ", ".join(f"a{number}=1" for number in range(count)) + ")\n",
    "fixtures": lambda count: "import pytest\n"
    + "".join(f"@pytest.fixture\ndef fix{number}(fix{number - 1}): pass\n" for number in range(1, count // 20))
    + "@pytest.fixture\ndef fix0(): pass\n"
    + f"def test_a(fix{count // 20 - 1}): pass\n",
    "methods": lambda count: "class TestA:\n" + "".join(f"    def test_{number}(self): pass\n" for number in range(count)),
    "parts of a name": lambda count: "import " + ".".join(["a"] * count) + "\n",
    "arguments": lambda count: "def test_a(" + ", ".join(f"a{number}" for number in range(count)) + "): pass\n",
}


@pytest.mark.parametrize("text", REPEATED.values(), ids=REPEATED)
def test_time_grows_as_the_file_does(tmp_path, text):
    times = []
    for count in (2000, 20000):
        folder = tmp_path / str(count)
        folder.mkdir()
        (folder / "test_a.py").write_text(text(count))
        times.append(seconds(folder))
    assert times[1] < 10 * 3 * max(times[0], 0.010), times


# A module for each, that imports the next one.
CHAINS = {
    "imports": ("import m{next}\n", ""),
    "classes": ("import m{next}\nclass A{this}(m{next}.A{next}): pass\n", "class A{this}: pass\n"),
    "stars": ("from m{next} import *\n", "def test_star(): pass\n"),
}


@pytest.mark.parametrize("link, last", CHAINS.values(), ids=CHAINS)
def test_time_grows_as_a_chain_of_modules_does(tmp_path, link, last):
    times = []
    for count in (500, 5000):
        folder = tmp_path / str(count)
        folder.mkdir()
        (folder / "test_a.py").write_text("from m0 import *\n" + GOOD)
        for number in range(count):
            text = last if number == count - 1 else link
            (folder / f"m{number}.py").write_text(text.format(this=number, next=number + 1))
        times.append(seconds(folder))
    assert times[1] < 10 * 3 * max(times[0], 0.010), times


def test_time_grows_as_the_number_of_files_does(tmp_path):
    times = []
    for count in (200, 2000):
        folder = tmp_path / str(count)
        folder.mkdir()
        for number in range(count):
            (folder / f"test_{number}.py").write_text(GOOD)
        times.append(seconds(folder))
    assert times[1] < 10 * 3 * max(times[0], 0.010), times
