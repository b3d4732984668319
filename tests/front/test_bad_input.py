"""Bad input under pytest and under us: the same exit status and message, or where pytest ends in a traceback of its own
one sentence. Never a traceback of ours."""
import os
import pathlib
import re
import subprocess
import sys

import pytest

from conftest import FASTEST

TEST = "def test_a(): pass\n"
TESTS = {"test_a.py": TEST}


def ini(text):
    return {**TESTS, "pytest.ini": text}


def source(content):
    return {"test_n.py": content}


# Name: files (bytes for what is no text), arguments. pytest says something, and we must say the same.
SAME = {
    "unknown option": (TESTS, "--nope"),
    "unknown letter": (TESTS, "-Z"),
    "no closing bracket": (ini("[pytest\nx=1\n"), ""),
    "no section": (ini("x=1\n"), ""),
    "a name twice": (ini("[pytest]\naddopts=-q\naddopts=-v\n"), ""),
    "toml without a value": ({**TESTS, "pyproject.toml": "[tool.pytest.ini_options]\nx = \n"}, ""),
    "toml with NUL": ({**TESTS, "pyproject.toml": b"[tool.pytest.ini_options]\nx = '\0'\n"}, ""),
    "toml of another type": ({**TESTS, "pytest.toml": "[pytest]\naddopts = 3\n"}, ""),
    "config file that is not there": (TESTS, "-c nope.ini"),
    "config file that is a folder": (TESTS, "-c ."),
    "config file that is no text": ({**TESTS, "x.ini": b"\0\1\2"}, "-c x.ini"),
    "rootdir that is not there": (TESTS, "--rootdir nope"),
    "missing file": (TESTS, "nope.py"),
    "missing folder": (TESTS, "nope/"),
    "unknown test": (TESTS, "test_a.py::nope"),
    "unknown class": (TESTS, "test_a.py::A::b"),
    "empty argument": (TESTS, "''"),
    "colons": (TESTS, "'::'"),
    "file and colons": (TESTS, "'test_a.py::'"),
    "argument that is no text": (TESTS, "$'\\xff'"),
    "bad keyword expression": (TESTS, "-k 'a and'"),
    "bad mark expression": (TESTS, "-m '(a'"),
    "unknown plugin": (TESTS, "-p nope"),
    "broken plugin": ({**TESTS, "plug.py": "1/0\n"}, "-p plug"),
    "broken syntax of a plugin": ({**TESTS, "plug.py": "def (\n"}, "-p plug"),
    "broken conftest": ({**TESTS, "conftest.py": "1/0\n"}, ""),
    "broken syntax of a conftest": ({**TESTS, "conftest.py": "def (\n"}, ""),
    "conftest with NUL": ({**TESTS, "conftest.py": b"x=1\0\n"}, ""),
    "conftest that is no text": ({**TESTS, "conftest.py": b"x='\xff'\n"}, ""),
    "conftest that exits": ({**TESTS, "conftest.py": "import sys; sys.exit(3)\n"}, ""),
    "byte order mark": (source(b"\xef\xbb\xbfdef test_a():\n    assert 1 == 2\n"), ""),
    "Latin-1": (source("# -*- coding: latin-1 -*-\ndef test_a():\n    assert 'é' == 'è'\n".encode("latin-1")), ""),
    "giant line": (source("def test_a():\n    assert [" + "1," * 300000 + "] == [1]\n"), "--tb=no"),
    "giant string": (source("def test_a():\n    x = 'a' * 10000000\n    assert x == 'b'\n"), ""),
    "long id": (source("import pytest\n@pytest.mark.parametrize('x', ['a' * 20000])\ndef test_a(x): assert 0\n"), "-v"),
    "odd ids": (
        source("import pytest\n@pytest.mark.parametrize('x', ['\\ud800', '\\0', 'a\\nb'])\ndef test_a(x): assert 0\n"),
        "-v",
    ),
    "output that is no text": (source("import os\ndef test_a():\n    os.write(1, bytes(range(256))); assert 0\n"), ""),
    "surrogates in output": (source("def test_a():\n    print('\\ud800'); assert 0, '\\ud800'\n"), ""),
    "cache of others": ({**TESTS, ".pytest_cache/v/cache/lastfailed": "{{{", ".pytest_cache/v/cache/nodeids": "\0"}, "--lf"),
    "stepwise cache of others": ({**TESTS, ".pytest_cache/v/cache/stepwise": "3"}, "--sw"),
    "bytecode folder that is a file": ({**TESTS, "__pycache__": "x"}, ""),
    "xml file that is a folder": (TESTS, "--junitxml=."),
    "bad number": (TESTS, "--maxfail=x"),
    "bad choice": (TESTS, "--tb=x"),
    "bad warning filter": (TESTS, "-W nope"),
    "bad override": (TESTS, "-o nope"),
    "bad truth value": (ini("[pytest]\nxfail_strict=maybe\n"), ""),
    "minimum version": (ini("[pytest]\nminversion=99\n"), ""),
    "required plugin": (ini("[pytest]\nrequired_plugins=nope\n"), ""),
    "quote in addopts": (ini("[pytest]\naddopts='\n"), ""),
    "arguments file that is not there": (TESTS, "@nope"),
}
# pytest ends in a traceback here (or worse): status and a part of the one sentence.
OURS = {
    "ini that is no text": (ini(b"[pytest]\naddopts=\xff\xfe\n"), "", 4, "pytest.ini"),
    "toml that is no text": ({**TESTS, "pyproject.toml": b"[tool.pytest.ini_options]\nx = '\xff'\n"}, "", 4, "pyproject.toml"),
    "[pytest] in setup.cfg": ({**TESTS, "setup.cfg": "[pytest]\naddopts=-q\n"}, "", 4, "setup.cfg files is no longer supported"),
    "cached values of other types": (
        {**TESTS, ".pytest_cache/v/cache/lastfailed": "[1]", ".pytest_cache/v/cache/nodeids": '{"a": 1}'},
        "--lf",
        0,
        "1 passed",
    ),
    "cached ids of other types": ({**TESTS, ".pytest_cache/v/cache/nodeids": "[1, [2]]"}, "--nf", 0, "1 passed"),
    "deep expression": (source("def test_a():\n    assert " + "not " * 2000 + "1\n"), "", 0, "1 passed"),
}
MASKS = [
    (re.compile(r"\b\d+\.\d+s"), "TIME"),
    (re.compile(r"=+( .* )=+"), r"=\1="),
    (re.compile(r"^(platform|plugins|fastest: runs).*\n", re.M), ""),
    # pytest compiles in Python.
    (re.compile(r"^\S*/(?:importlib/__init__|ast)\.py:\d+: in .*\n(?: {4}.*\n)*", re.M), ""),
]


def write(folder, files):
    folder.mkdir()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def shell(folder, words, **environment):
    """(exit status, output, errors behind it) of words for bash; the folder is masked."""
    got = subprocess.run(
        ["bash", "-c", words],
        cwd=folder,
        env={**os.environ, "COLUMNS": "100", "PYTHONPATH": str(folder), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=60,
    )
    text = (got.stdout + b"---- errors\n" + got.stderr).decode(errors="backslashreplace").replace(str(folder), "FOLDER")
    for pattern, replacement in MASKS:
        text = pattern.sub(replacement, text)
    return got.returncode, text


PYTEST = f"{sys.executable.rpartition('/')[0]}/pytest "
OURSELVES = f"{FASTEST} --python {sys.executable} "


@pytest.mark.parametrize("name", SAME)
def test_as_pytest_says(tmp_path, name):
    files, words = SAME[name]
    for folder in ("theirs", "ours"):
        write(tmp_path / folder, files)
    theirs = shell(tmp_path / "theirs", PYTEST + words)
    ours = shell(tmp_path / "ours", OURSELVES + words)
    assert ours == theirs


@pytest.mark.parametrize("name", OURS)
def test_in_one_sentence(tmp_path, name):
    files, words, code, part = OURS[name]
    write(tmp_path / "ours", files)
    got = shell(tmp_path / "ours", OURSELVES + words)
    assert got[0] == code and part in got[1] and "Traceback" not in got[1], got[1]


def test_names_that_are_no_text(tmp_path):
    folder = os.fsencode(tmp_path) + b"/d\xff"
    os.mkdir(folder)
    for name, content in ((b"test_\xff.py", TEST + "def test_b(fixture): assert fixture == 2\n"), (b"conftest.py", "import pytest\n@pytest.fixture\ndef fixture(): return 1\n")):
        with open(folder + b"/" + name, "w") as out:
            out.write(content)
    code, text = shell(tmp_path, OURSELVES + "-v")
    assert code == 1 and "1 failed, 1 passed" in text and "assert 1 == 2" in text, text
    assert "= 1 failed in TIME =" in shell(tmp_path, OURSELVES + "--lf")[1]


@pytest.mark.parametrize("command", [PYTEST, OURSELVES], ids=["pytest", "fastest"])
def test_links_in_circles(tmp_path, command):
    write(tmp_path / "p", TESTS)
    (tmp_path / "p" / "loop").symlink_to(".")
    (tmp_path / "p" / "self").symlink_to("self")
    (tmp_path / "p" / "test_self.py").symlink_to("test_self.py")
    code, text = shell(tmp_path / "p", command + "-q")
    assert code == 0 and "41 passed in TIME" in text.splitlines()


def test_a_thousand_levels(tmp_path):
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1000):
        os.mkdir("d", dir_fd=here)
        here, before = os.open("d", os.O_RDONLY, dir_fd=here), here
        os.close(before)
    with os.fdopen(os.open("test_deep.py", os.O_WRONLY | os.O_CREAT, dir_fd=here), "w") as out:
        out.write(TEST)
    os.close(here)
    code, text = shell(tmp_path, OURSELVES + "-q")
    # pytest's own clean-up of old temporary folders would run into the recursion limit.
    subprocess.run(["rm", "-rf", tmp_path / "d"], check=True)
    assert code == 0 and "1 passed" in text, text[-2000:]


def test_the_working_folder_is_gone(tmp_path):
    write(tmp_path / "p", TESTS)
    code, text = shell(tmp_path / "p", f"mkdir sub; cd sub; rmdir ../sub; {OURSELVES}")
    assert (code, text.count("\n")) == (4, 3) and "Traceback" not in text, text


def test_out_of_memory(tmp_path):
    write(tmp_path / "p", {"test_a.py": TEST + "def test_b(): bytearray(10**10)\ndef test_c(): pass\n"})
    code, text = shell(tmp_path / "p", f"ulimit -v 2000000; {OURSELVES} --tb=line")
    assert code == 1 and "MemoryError" in text and "1 failed, 2 passed" in text, text


@pytest.mark.parametrize("limit", ["-n 8", "-f 0"])
def test_limits_that_leave_no_room(tmp_path, limit):
    write(tmp_path / "p", TESTS)
    code, text = shell(tmp_path / "p", f"ulimit {limit}; {OURSELVES}")
    assert code > 0 and "fastest: " in text and "Traceback" not in text, (code, text)


def test_a_temporary_folder_that_cannot_be_written(tmp_path):
    write(tmp_path / "p", {"test_a.py": "def test_a(tmp_path): pass\n"})
    assert shell(tmp_path / "p", OURSELVES, TMPDIR="/proc")[0] == 0
