"""Runs that leave files out tell, count and remember what pytest does, and what runs without an index do.

A history is a list of rows: edits (a dict of files; None removes one), or a command line and how many files the index
leaves out. Each command runs in three projects of the same past: under pytest, and under us with and without the index.
"""
import difflib
import os
import re
import shlex
import subprocess
import sys

import pytest

from conftest import FASTEST

RUNNERS = {
    "pytest": [sys.executable, "-m", "pytest"],
    "with the index": [FASTEST, "--python", sys.executable],
    "without it": [FASTEST, "--python", sys.executable, "--no-index"],
}

FILES = {
    "pytest.ini": "[pytest]\nmarkers =\n    slow\n    fast\n",
    "conftest.py": "import pytest\n\n@pytest.fixture(scope='module', params=['p', 'q'])\ndef mod(request): return request.param\n",
    "helper.py": "VALUE = 1\n",
    "test_a.py": "import helper\n\ndef test_alpha(): pass\ndef test_apple(): assert helper.VALUE == 1\n",
    "test_b.py": "import pytest\n\n@pytest.mark.slow\ndef test_beta(): pass\n\nclass TestB:\n"
    "    def test_bee(self): assert 0\n    def test_buzz(self): pass\n",
    "test_p.py": "import pytest\n\n@pytest.mark.parametrize('x', [1, 'two', None])\n@pytest.mark.fast\n"
    "def test_param(x): assert x != 'two'\ndef test_mod(mod): pass\n",
    "test_skip.py": "import pytest\npytest.skip('not here', allow_module_level=True)\ndef test_s(): pass\n",
    "test_marked.py": "import pytest\npytestmark = pytest.mark.slow\n\ndef test_m(): pass\n@pytest.mark.skip\ndef test_n(): pass\n"
    "@pytest.mark.xfail\ndef test_o(): assert 0\n",
    "test_unit.py": "import unittest\n\nclass Case(unittest.TestCase):\n    def test_u(self): self.fail()\n    def test_v(self): pass\n",
    "pkg/__init__.py": "",
    "pkg/inner.py": "X = 1\n",
    "pkg/test_in_pkg.py": "from . import inner\n\ndef test_in(): assert inner.X\n\nclass TestOuter:\n    class TestInner:\n"
    "        def test_deep(self): pass\n",
    "pkg/sub/__init__.py": "",
    "pkg/sub/conftest.py": "import pytest\n\n@pytest.fixture(autouse=True)\ndef auto(): yield\n",
    "pkg/sub/test_sub.py": "def test_sub(): pass\ndef test_sub_fails(): assert 0\n",
    "plain/test_empty.py": "x = 1\n",
    "plain/test_plain.py": "def test_plain(tmp_path): pass\ndef test_setup_error(nofixture): pass\n",
}
REVERSED = "def pytest_collection_modifyitems(items): items.reverse()\n"

HISTORIES = {
    "selections": [
        ("", 0),
        ("-k beta", 8),
        ("-k TestB -v", 8),
        ("-k nothing", 9),
        ("-k 'not beta and not apple'", 1),
        ("-k 'two or sub'", 7),
        ("-k pkg", 7),
        ("-k TestInner -rA", 8),
        ("-m slow", 7),
        ("-m 'not slow'", 2),
        ("-m 'slow or fast' -k 'not two'", 6),
        ("-k test_in pkg", 1),
        ("test_b.py::TestB::test_bee test_a.py", 0),
        ("'test_p.py::test_param[two]' pkg/test_in_pkg.py::TestOuter", 0),
        ("--deselect test_b.py::TestB --deselect pkg", 3),
        ("--deselect 'test_p.py::test_param[two]'", 1),
        ("--ignore test_b.py --ignore-glob '*_p.py' -k alpha", 6),
        ("--maxfail 1 -k bee", 8),
        ("-x -m slow", 7),
        ("-x", 0),
        ("-k beta -q", None),
    ],
    "what is remembered": [
        ("-q", None),
        ("--lf", 0),
        ("--lf -k two", 0),
        ("--lf -k alpha", 0),
        ("--lf test_a.py", 0),
        ("--ff -k beta", 0),
        ("--nf -k beta", 0),
        ("-k beta", 8),
        ("--sw -k TestB", 0),
        ("--sw -k TestB", 0),
        ("--sw --sw-skip", 0),
        ("-k alpha", 8),
        ("--co", None),
        ("--co -q -k beta", None),
        ("--co -q --deselect test_a.py --maxfail 2", None),
        ("--co -q pkg", None),
    ],
    "errors": [
        {"test_broken.py": "import nothing_at_all\n\ndef test_x(): pass\n"},
        ("", 0),
        ("-k beta", 8),
        ("--co -q", None),
        ("--continue-on-collection-errors -k beta", 8),
        ("--lf -q", None),
        {"test_broken.py": "def test_x(): pass\n"},
        # A file that failed is settled by collecting it again: its tests take its place.
        ("-k beta", 8),
        ("-k beta", 9),
        ("-q", None),
        {"test_b.py": FILES["test_b.py"].replace("class TestB", "class TestB(nope)")},
        ("-k alpha", 8),
        {"test_b.py": FILES["test_b.py"]},
        # First the file is settled, then its class.
        ("-k alpha", 8),
        ("-k alpha", 8),
        ("-k alpha", 9),
        {"test_b.py": "import helper\nassert helper.VALUE == 1\n" + FILES["test_b.py"]},
        ("-q", None),
        {"helper.py": "VALUE = 2\n"},
        ("-k alpha", 8),
        {"helper.py": "VALUE = 1\n"},
        # Both files are what an earlier run has imported; but one is remembered as failed.
        ("-k alpha", 8),
        ("--co -q", None),
        ("--co -q", None),
        ("--lf", 0),
    ],
    "hooks": [
        ("-q", None),
        {"conftest.py": FILES["conftest.py"] + REVERSED},
        ("-k 'beta or bee' -v", 0),
        ("--co -q", None),
        {"conftest.py": FILES["conftest.py"], "pkg/sub/conftest.py": REVERSED},
        ("-k 'beta or bee' -v", 0),
        ("-k 'beta or bee' -v --ignore pkg", 6),
        {"pkg/sub/conftest.py": None, "pytest.ini": FILES["pytest.ini"] + "python_functions = test_* check_*\n"},
        {"test_a.py": FILES["test_a.py"] + "def check_alpha(): pass\n"},
        ("-k beta", 0),
        ("-k alpha", 8),
        ("-k alpha -o python_functions=check_*", 0),
        ("-k alpha -o python_files=test_a.py", 0),
    ],
}

MASKS = [
    (r"fastest: \d+ files? without a selected test .*\n", ""),
    (r"(?m)^(platform|plugins|rootdir|fastest: runs) .*\n", ""),
    (r"(?m)^\S*importlib/__init__\.py:\d+: in .*\n(?: {4}.*\n)*", ""),
    (r"in [0-9.]+s( \([0-9:]+\))?|={2,}|_{3,}|-{3,}", ""),
    (r"cache from .* ago|0x[0-9a-f]+", ""),
    (r"(?m) +$", ""),
]


def edit(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_text(text)


def outcome(process, folder):
    """What may not differ, as lines; and how many files were left out."""
    text = process.communicate(timeout=60)[0].replace(str(folder), "PROJECT")
    left_out = re.search(r"fastest: (\d+) file", text)
    for pattern, replacement in MASKS:
        text = re.sub(pattern, replacement, text)
    for key in ("lastfailed", "nodeids", "stepwise"):
        path = folder / ".pytest_cache" / "v" / "cache" / key
        value = path.read_text() if path.exists() else "absent"
        text += f"\n{key}: " + re.sub(r'(_date_str": ).*', r"\1", value)
    return [*text.splitlines(), f"exit status {process.returncode}"], int(left_out[1]) if left_out else 0


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
def test_an_index_makes_no_difference(tmp_path, history):
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "120"}
    folders = {name: tmp_path / name / "project" for name in RUNNERS}
    for folder in folders.values():
        edit(folder, FILES)
    for row in history:
        if isinstance(row, dict):
            for folder in folders.values():
                edit(folder, row)
            continue
        words, expected_count = row
        running = {
            name: subprocess.Popen(
                [*RUNNERS[name], *shlex.split(words)],
                cwd=folder,
                env=environment,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            for name, folder in folders.items()
        }
        got = {name: outcome(process, folders[name]) for name, process in running.items()}
        theirs = got["pytest"][0]
        for name in ("with the index", "without it"):
            assert got[name][0] == theirs, f"{words} {name}\n" + "\n".join(difflib.unified_diff(theirs, got[name][0], "pytest", name))
        left_out = got["with the index"][1]
        assert expected_count is None or left_out == expected_count, f"{words}: {left_out} files left out"


# ---- projects whose modules tell each other what they are ----

REGISTRY = """
NAMES = []
SETTINGS = {"depth": 1}

def register(thing):
    NAMES.append(getattr(thing, "__name__", thing))
    return thing

class Base:
    def __init_subclass__(cls):
        NAMES.append(cls.__name__)

class Meta(type):
    def __init__(cls, name, bases, body):
        super().__init__(name, bases, body)
        NAMES.append(name)

class Entry:
    def __init__(self, name):
        NAMES.append(name)
"""
EFFECTS = {
    "a call": "import registry\nregistry.register('x')\n",
    "a call whose result is kept": "import registry\nX = registry.register('x')\n",
    "a call in a list": "from registry import register\nX = [1, register('x')]\n",
    "a call in an expression": "from registry import register\nX = 'a' + register('x') * 2\n",
    "a call in a comprehension": "from registry import register\nX = [register(name) for name in 'ab']\n",
    "an own function": "import registry\ndef note():\n    registry.NAMES.append('x')\nX = note()\n",
    "an own function as a decorator": "import registry\ndef note(f):\n    registry.NAMES.append('x')\n    return f\n@note\ndef helper(): pass\n",
    "a method of what another module holds": "from registry import NAMES\nNAMES.append('x')\n",
    "an item of what another module holds": "from registry import SETTINGS\nSETTINGS['depth'] = 2\n",
    "an attribute of another module": "import registry\nregistry.DEPTH = 2\n",
    "an augmented assignment": "from registry import NAMES\nNAMES += ['x']\n",
    "a deleted item": "from registry import SETTINGS\ndel SETTINGS['depth']\n",
    "a decorator": "from registry import register\n@register\ndef helper(): pass\n",
    "a decorator of a class": "from registry import register\n@register\nclass Helper: pass\n",
    "a base": "import registry\nclass Helper(registry.Base): pass\n",
    "a base of a class in a class": "import registry\nclass TestA:\n    class Helper(registry.Base): pass\n    def test_in_class(self): pass\n",
    "a metaclass": "from registry import Meta\nclass Helper(metaclass=Meta): pass\n",
    "an instance": "from registry import Entry\nX = Entry('x')\n",
    "under a condition": "import registry\nif registry.SETTINGS:\n    registry.NAMES.append('x')\n",
    "in a try": "import registry\ntry:\n    registry.NAMES.append('x')\nexcept ValueError:\n    pass\n",
    "in a with": "import contextlib, registry\nwith contextlib.suppress(ValueError):\n    registry.NAMES.append('x')\n",
    "a variable": "import os\nos.environ['FASTEST_SEEN'] = 'x'\n",
    "a variable by a method": "import os\nX = os.environ.setdefault('FASTEST_SEEN', 'x')\n",
    "a library": "import random\nrandom.seed(1)\n",
    "an imported module": "import brings\n",
    "a module that an imported one imports": "import imports_it\n",
}
OTHERS = {
    "registry.py": REGISTRY,
    "brings.py": "import registry\nregistry.NAMES.append('x')\n",
    "imports_it.py": "import brings\n",
    "test_b.py": "import os, random, registry\n\ndef test_b():\n"
    "    print(registry.NAMES, registry.SETTINGS, getattr(registry, 'DEPTH', 1), os.environ.get('FASTEST_SEEN'))\n"
    "    print(random.random() == 0.13436424411240122)\n    assert 0\n",
    "test_c.py": "import registry\n\ndef test_c(): pass\n",
}


def run_here(folder, *words, **variables):
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **variables}
    environment.pop("PYTHONHASHSEED", None)
    command = [FASTEST, "--python", sys.executable, *words]
    done = subprocess.run(command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def shown(text):
    return re.search(r"stdout call -*\n(.*\n.*\n)", text)[1]


@pytest.mark.parametrize("source", EFFECTS.values(), ids=EFFECTS)
def test_others_see_what_importing_a_file_does(tmp_path, source):
    edit(tmp_path, {**OTHERS, "test_a.py": source + "\ndef test_a(): pass\n"})
    run_here(tmp_path, "-q")
    expected = shown(run_here(tmp_path, "-k", "test_b", "--no-index")[1])
    _, text = run_here(tmp_path, "-k", "test_b")
    assert shown(text) == expected, text
    assert "fastest: 1 file" in text or "brings" in source or "imports_it" in source, text


QUIET = """
import collections, dataclasses, enum, functools, logging, os, pathlib, re, typing, unittest
import pytest, registry
from unittest import mock

HERE = pathlib.Path(__file__).parent / "data"
LOG = logging.getLogger(__name__)
WORD = re.compile(r"a(b)")
CASES = [("a", 1), ("b", 2)]
CASES.append(("c", 3))
Point = collections.namedtuple("Point", "x y")
ORIGIN = Point(0, 0)
HOME = os.environ.get("HOME")
pytestmark = [pytest.mark.filterwarnings("ignore")]
if typing.TYPE_CHECKING:
    registry.NAMES.append("never")

class Colour(enum.Enum):
    RED = 1

@dataclasses.dataclass
class Case:
    name: str = "x"
    @property
    def upper(self): return self.name.upper()
    @upper.setter
    def upper(self, value): pass

ONE = Case("y")

@functools.lru_cache(maxsize=None)
def slow(): return registry.register("late")

@pytest.fixture
def fix(): return slow()

class TestA(unittest.TestCase):
    @mock.patch("os.getcwd")
    def test_in_class(self, getcwd): pass
"""


def test_what_only_the_file_itself_sees_is_no_reason_to_import_it(tmp_path):
    edit(tmp_path, {**OTHERS, "test_a.py": QUIET})
    run_here(tmp_path, "-q")
    assert "fastest: 2 files" in run_here(tmp_path, "-k", "test_b")[1]


CHANGES = {
    "a variable": ({}, (), {"FASTEST_NOT_OURS": "1", "OF_THE_PROJECT": "1"}),
    "PYTHONPATH": ({}, (), {"PYTHONPATH": "lib"}),
    "PYTHONWARNINGS": ({}, (), {"PYTHONWARNINGS": "error"}),
    "a warning filter": ({}, ("-W", "error"), {}),
    "a plugin": ({}, ("-p", "extra"), {}),
    "a plugin less": ({}, ("-p", "no:doctest"), {}),
    "an ini value": ({}, ("-o", "python_functions=test_* check_*"), {}),
    "a configuration": ({"pytest.ini": "[pytest]\nxfail_strict = true\n"}, (), {}),
    "another configuration": ({}, ("-c", "other.ini"), {}),
    "an import mode": ({}, ("--import-mode=importlib",), {}),
    "plain asserts": ({}, ("--assert=plain",), {}),
    "a conftest": ({"conftest.py": "import registry\n"}, (), {}),
    "a module": ({"registry.py": REGISTRY + "\nMORE = 1\n"}, (), {}),
    "a module in its place": ({"registry/__init__.py": REGISTRY}, (), {}),
    "a module of a module": ({"inner.py": "X = 2\n"}, (), {}),
    "its content": ({"test_a.py": "import registry, brought\n\ndef test_a():\n    pass\n"}, (), {}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_nothing_is_left_out_when_something_around_it_changes(tmp_path, change):
    files, words, variables = change
    edit(tmp_path, OTHERS)
    edit(tmp_path, {
        "extra.py": "",
        "other.ini": "[pytest]\n",
        "pytest.ini": "[pytest]\n",
        "lib/unused.py": "",
        "brought.py": "import inner\n",
        "inner.py": "X = 1\n",
        "test_a.py": "import registry, brought\n\ndef test_a(): pass\n",
        "test_c.py": None,
    })
    run_here(tmp_path, "-q")
    assert "fastest: 1 file" in run_here(tmp_path, "-k", "test_b")[1]
    edit(tmp_path, files)
    assert "without a selected test" not in run_here(tmp_path, "-k", "test_b", *words, **variables)[1]


def test_nothing_is_left_out_when_packages_were_installed(tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    edit(tmp_path, {"project/test_a.py": "def test_a(): pass\n", "project/test_b.py": "def test_b(): pass\n"})
    (packages,) = (tmp_path / "env" / "lib").glob("python*/site-packages")
    words = ("--python", str(tmp_path / "env" / "bin" / "python"))
    run_here(tmp_path / "project", "-q", *words)
    assert "fastest: 1 file" in run_here(tmp_path / "project", "-k", "test_b", *words)[1]
    (packages / "new.py").touch()
    assert "without a selected" not in run_here(tmp_path / "project", "-k", "test_b", *words)[1]


@pytest.mark.parametrize("watch", ["settrace(lambda *_: None)", "setprofile(lambda *_: None)", "monitoring.use_tool_id(1, 'x')"])
def test_nothing_is_left_out_while_somebody_watches_what_runs(tmp_path, watch):
    if "monitoring" in watch and sys.version_info < (3, 12):
        pytest.skip("no sys.monitoring")
    conftest = f"import sys\nsys.{watch}\n"
    edit(tmp_path, {"conftest.py": conftest, "test_a.py": "def test_a(): pass\n", "test_b.py": "def test_b(): pass\n"})
    run_here(tmp_path, "-q")
    assert "without a selected" not in run_here(tmp_path, "-k", "test_b")[1]


def test_what_was_seen_in_one_folder_does_not_hold_in_another(tmp_path):
    edit(tmp_path, {"pytest.ini": "[pytest]\n", "test_a.py": "def test_a(): pass\n", "test_b.py": "def test_b(): pass\n", "sub/x": ""})
    run_here(tmp_path, "-q")
    assert "without a selected" in run_here(tmp_path, "-k", "test_b")[1]
    assert "without a selected" not in run_here(tmp_path / "sub", "-k", "test_b", "..")[1]
