"""Runs that leave files alone: what a node id does not name, and what the index says cannot be selected."""
import json
import re
import shutil
import subprocess
import sys

import pytest

ONE_TEST = "def test_one(): pass\n"


def test_hooks_see_every_file_of_a_folder_although_one_test_is_named(project, session, tmp_path):
    project(
        conftest="""
        import pathlib

        def pytest_collect_file(file_path):
            with pathlib.Path("seen").open("a") as seen:
                print(file_path.name, file=seen)
        """,
        test_a=ONE_TEST,
        test_b=ONE_TEST,
    )
    code, out, err = session("test_b.py::test_one")
    assert code == 0 and "1 passed" in out, out + err
    assert set((tmp_path / "seen").read_text().split()) == {"conftest.py", "test_a.py", "test_b.py"}


def test_named_tests_of_one_folder_run_in_the_order_of_the_arguments(project, session, tmp_path):
    project(test_a=ONE_TEST, test_b=ONE_TEST, test_c=ONE_TEST)
    for _ in range(2):
        code, out, err = session("-v", "test_c.py::test_one", "test_a.py", "test_b.py::test_one", "test_a.py::test_one")
        lines = [line.split()[0] for line in out.splitlines() if "PASSED" in line]
        assert lines == ["test_c.py::test_one", "test_a.py::test_one", "test_b.py::test_one"], out + err


def test_ids_of_a_few_tests_join_the_list_of_all(project, session, tmp_path):
    project(test_m="".join(f"def test_{n}(): pass\n" for n in range(50)))
    file = tmp_path / ".pytest_cache" / "v" / "cache" / "nodeids"

    assert session("test_m.py")[0] == 0
    everything = json.loads(file.read_text())
    assert len(everything) == 50
    written = file.stat().st_mtime_ns
    for number in (0, 9, 10, 49):
        assert session(f"test_m.py::test_{number}")[0] == 0
    assert file.stat().st_mtime_ns == written
    project(test_a=ONE_TEST, test_z=ONE_TEST)
    assert session("test_z.py")[0] == 0
    assert session("test_a.py")[0] == 0
    assert json.loads(file.read_text()) == ["test_a.py::test_one", *everything, "test_z.py::test_one"]


# ---- files without a selected test ----

TEST_A = "import helper\n\nSEEN = helper.VALUE\n\n\ndef test_alpha(): pass\ndef test_apple(): pass\n"
TEST_B = "def test_beta(): pass\n\n\nclass TestB:\n    def test_bee(self): pass\n"
HELPER = "VALUE = 1\n"


@pytest.fixture(autouse=True)
def writes_bytecode(monkeypatch):
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)


def forget_imports(folder):
    shutil.rmtree(folder / "__pycache__", ignore_errors=True)


def was_compiled(folder, name="test_a"):
    """Whether the module was imported since the last forget_imports()."""
    return any((folder / "__pycache__").glob(f"{name}.*"))


@pytest.fixture
def recorded(project, session, tmp_path):
    """A project of two files that a run has imported."""
    project(helper=HELPER, test_a=TEST_A, test_b=TEST_B)
    assert session("-q")[0] == 0
    assert was_compiled(tmp_path)
    return project


@pytest.fixture
def was_imported(session, tmp_path):
    """Runs fastest; whether test_a.py was imported meanwhile, and its output."""

    def run(*words, code=0):
        forget_imports(tmp_path)
        status, out, err = session(*words)
        assert status == code, out + err
        return was_compiled(tmp_path), out

    return run


NOTE = "fastest: 1 file without a selected test was not imported (--no-index imports it)\n"


def without_times(text):
    return re.sub(r"in [0-9.]+s|-{1,}|={1,}", "", text)


def test_a_file_without_a_selected_test_is_not_imported(recorded, was_imported, tmp_path):
    imported, out = was_imported("-k", "beta")
    assert not imported
    assert "collected 4 items / 3 deselected / 1 selected\n" + NOTE in out
    assert "1 passed, 3 deselected" in out
    pytests = subprocess.run(
        [sys.executable, "-m", "pytest", "-k", "beta"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ).stdout
    assert without_times(out.replace(NOTE, "")) == without_times(pytests)


@pytest.mark.parametrize(
    "words", [("-k", "beta"), ("-k", "TestB"), ("--deselect", "test_a.py"), ("-m", "not x", "-k", "bee")]
)
def test_whichever_option_selects(recorded, was_imported, words):
    imported, out = was_imported(*words)
    assert not imported and NOTE in out


def test_a_file_with_a_selected_test_is_imported(recorded, was_imported):
    assert was_imported("-k", "apple or beta")[0]
    assert was_imported()[0]


@pytest.mark.parametrize("words", [("--no-index",), ("-W", "always"), ("-p", "no:cacheprovider"), ("--lf",)])
def test_it_is_imported_where_that_was_not_recorded_or_is_switched_off(recorded, was_imported, words):
    imported, out = was_imported("-k", "beta", *words)
    assert imported and NOTE not in out


def test_it_is_imported_where_the_project_says_so(recorded, was_imported, session, tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.fastest]\nindex = false\n")
    assert was_imported()[0]
    assert was_imported("-k", "beta")[0]


def test_it_is_imported_when_a_module_that_it_imports_changed(recorded, was_imported, tmp_path):
    with (tmp_path / "helper.py").open("a") as helper:
        helper.write("\nOTHER = 2\n")
    assert was_imported("-k", "beta")[0]
    # That run has recorded it anew.
    assert not was_imported("-k", "beta")[0]
    (tmp_path / "helper.py").write_text("")
    _, out = was_imported("-k", "beta", code=2)
    assert "AttributeError" in out


@pytest.mark.parametrize("way", ["importlib.import_module('hidden')", "[__import__(name) for name in ['hidden']]"])
def test_it_is_imported_when_a_module_changed_that_nobody_sees_it_import(project, session, tmp_path, way):
    project(hidden="x = 1\n", test_a=f"import importlib\n\nIT = {way}\n\n\ndef test_a(): pass\n", test_b=TEST_B)
    assert session("-q")[0] == 0
    project(hidden="raise ValueError\n")
    code, out, err = session("-k", "beta")
    assert code == 2 and "ValueError" in out, out + err


HOOK = "def pytest_collection_modifyitems(items):\n    print('HOOK', len(items))\n"


def test_it_is_imported_when_a_hook_comes_that_would_see_it(recorded, was_imported):
    recorded(conftest=HOOK)
    for _ in range(2):
        imported, out = was_imported("-k", "beta", "-s")
        assert imported and "HOOK 4" in out and NOTE not in out


def test_a_hook_in_a_deeper_folder_sees_it_too(recorded, was_imported, tmp_path):
    folder = tmp_path / "zdeep"
    folder.mkdir()
    (folder / "conftest.py").write_text(HOOK)
    (folder / "test_z.py").write_text("def test_beta_z(): pass\n")
    for _ in range(2):
        imported, out = was_imported("-k", "beta", "-s")
        assert imported and "HOOK 5" in out and NOTE not in out


def test_a_file_that_warns_or_writes_while_it_is_imported_is_imported_each_time(project, session):
    project(
        test_a="import warnings\n\nwarnings.warn('careful')\n\n\ndef test_a(): pass\n",
        test_b="print('hello')\n\n\ndef test_b(): pass\n",
        test_c="def test_c(): pass\n",
    )
    for _ in range(2):
        code, out, err = session("-k", "test_c and not b")
        assert code == 0 and "careful" in out and "1 warning" in out and "not imported" not in out, out + err


def test_quiet_runs_do_not_mention_it(recorded, was_imported):
    imported, out = was_imported("-k", "beta", "-q")
    assert not imported and "fastest" not in out and "1 passed, 3 deselected" in out


def test_all_deselected_is_no_test_run(recorded, was_imported):
    imported, out = was_imported("-k", "nothing", code=5)
    assert not imported and "collected 4 items / 4 deselected / 0 selected" in out and "4 deselected in" in out



def test_its_folder_is_on_the_path_all_the_same(session, tmp_path):
    files = {
        "a/test_f.py": "def test_f(): pass\n",
        "a/shared.py": "",
        "b/test_g.py": "import shared\n\n\ndef test_g(): pass\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    for _ in range(2):
        code, out, err = session("-k", "test_g")
        assert code == 0, out + err
    assert "1 file without a selected test was not imported" in out


def test_it_is_imported_where_its_logs_would_be_shown(recorded, was_imported):
    assert was_imported("-k", "beta", "--log-cli-level=INFO")[0]
    assert was_imported("-k", "beta", "-o", "log_cli=true")[0]


# ---- --collect-only ----

MANY_KINDS = """
import unittest
import pytest
import helper

SEEN = helper.VALUE

@pytest.mark.parametrize("x", [1, "a-b"])
def test_p(x): pass

class TestOuter:
    def test_1(self): pass
    class TestInner:
        def test_2(self): pass
    def test_3(self): pass

class Case(unittest.TestCase):
    def test_u(self): pass
"""


@pytest.mark.parametrize(
    "words", ["", "-q", "-qq", "-k 1", "-q -k TestInner", "--deselect test_a.py::Case", "-k nothing"]
)
def test_collect_only_tells_what_pytest_tells_and_imports_nothing(project, session, tmp_path, words):
    project(helper=HELPER, test_a=MANY_KINDS, test_b=TEST_B)
    folder = tmp_path / "test_folder"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "test_c.py").write_text("def test_c(): pass\n")
    assert session("-q")[0] == 0
    forget_imports(tmp_path)
    words = ["--collect-only", *words.split()]
    code, out, err = session(*words)
    assert not was_compiled(tmp_path)
    theirs = subprocess.run([sys.executable, "-m", "pytest", *words], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert (code, without_times(out)) == (theirs.returncode, without_times(theirs.stdout))


@pytest.mark.parametrize("words", ["-v", "test_a.py::test_alpha", "--no-index"])
def test_collect_only_imports_where_the_index_does_not_do(recorded, was_imported, words):
    assert was_imported("--collect-only", words)[0]


def test_collect_only_imports_everything_if_one_file_needs_it(recorded, was_imported):
    recorded(test_b="def test_new(): pass\n")
    imported, out = was_imported("--collect-only", "-q")
    assert imported
    assert out.splitlines()[:3] == ["test_a.py::test_alpha", "test_a.py::test_apple", "test_b.py::test_new"]


def test_collect_only_shows_hooks_all_items(recorded, was_imported):
    recorded(conftest="def pytest_collection_finish(session):\n    print('FINISH', len(session.items))\n")
    assert "FINISH 4" in was_imported("--collect-only", "-s")[1]


# ---- what runs record ----


def test_records_survive_damage_and_each_other(recorded, was_imported, start, tmp_path):
    records = tmp_path / ".pytest_cache" / "d" / "fastest" / "records"
    whole = records.read_bytes()
    for damaged in (b"", whole[:-1], whole[:50], b"x" + whole[1:], whole + b"more", bytes(len(whole))):
        records.write_bytes(damaged)
        assert "1 passed" in was_imported("-k", "beta")[1]
    recorded(test_b=TEST_B + "\n")
    running = [start("--python", sys.executable, "-q") for _ in range(4)]
    assert [process.wait(timeout=30) for process in running] == [0] * 4
    assert not was_imported("-k", "beta")[0]
