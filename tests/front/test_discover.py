"""fastest discover: forms of output, selection, exit statuses, bad input, --verify."""
import json
import os
import py_compile
import subprocess
import sys
import time
import venv

import pytest

from conftest import FASTEST

FILES = {
    "test_some": """
        import pytest

        def test_plain(): pass

        @pytest.mark.slow(reason="long")
        async def test_slow(): pass

        class TestCase:
            def test_method(self): pass

            @pytest.mark.parametrize("x", [1, "b"])
            def test_parametrized(self, x): pass
    """,
    "test_other": "def test_alone(): pass",
}
IDS = [
    "test_other.py::test_alone",
    "test_some.py::test_plain",
    "test_some.py::test_slow",
    "test_some.py::TestCase::test_method",
    "test_some.py::TestCase::test_parametrized[1]",
    "test_some.py::TestCase::test_parametrized[b]",
]


@pytest.fixture
def discover(run):
    return lambda *words, **kwargs: run("discover", "--python", sys.executable, *words, **kwargs)


def ids(out):
    return out.splitlines()


def document(result):
    status, out, err = result
    return json.loads(out)


def test_the_ids_are_those_that_pytest_collects(project, discover, tmp_path):
    project(**FILES)
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--collect-only", "-q"]
    collected = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True).stdout.splitlines()
    assert discover("-q") == (0, "\n".join(IDS) + "\n", "")
    assert collected[: len(IDS)] == IDS


def test_pytest_is_there_where_the_environment_has_none(project, run, tmp_path):
    project(**FILES)
    venv.create(tmp_path / "empty", symlinks=True)
    found = document(run("discover", "--python", str(tmp_path / "empty"), "-o", "json", "--ignore=empty"))
    assert found["counts"] == {"tests": 6, "exact": 6, "deselected": 0, "files": 2, "errors": 0}


def test_the_tree_counts_what_is_below(project, discover, tmp_path):
    project(**FILES)
    (tmp_path / "sub" / "deep").mkdir(parents=True)
    (tmp_path / "sub" / "deep" / "test_x.py").write_text("def test_x(): pass")
    (tmp_path / "sub" / "test_y.py").write_text("def test_y(): pass")
    assert discover() == (
        0,
        """\
sub/ (2)
  deep/ (1)
    test_x.py (1)
      test_x
  test_y.py (1)
    test_y
test_other.py (1)
  test_alone
test_some.py (5)
  test_plain
  test_slow
  TestCase (3)
    test_method
    test_parametrized (2)

8 tests in 4 files
""",
        "",
    )


def test_json_says_all_of_a_test(project, discover, tmp_path):
    project(**FILES)
    found = document(discover("-o", "json"))
    assert found["version"] == 1 and found["root"] == str(tmp_path) and found["config"] is None
    assert found["counts"] == {"tests": 6, "exact": 6, "deselected": 0, "files": 2, "errors": 0}
    tests = {test["id"]: test for file in found["files"] for test in file["tests"]}
    assert list(tests) == IDS
    assert tests[IDS[2]] == {
        "id": IDS[2], "file": "test_some.py", "line": 7, "column": 0, "end_line": 7, "class": None,
        "function": "test_slow", "async": True, "unittest": False, "fixtures": [], "exact": True, "recorded": False,
        "reason": None, "marks": [{"name": "slow", "arguments": {"args": [], "kwargs": {"reason": "long"}}}],
        "parameters": None,
    }
    assert tests[IDS[5]]["class"] == "TestCase"
    assert tests[IDS[5]]["parameters"] == {"id": "b", "names": ["x"]}
    (parametrization,) = found["files"][1]["parametrizations"]
    assert (parametrization["class"], parametrization["function"]) == ("TestCase", "test_parametrized")
    assert parametrization["by"] == [{"names": ["x"], "fixture": None, "ids": ["1", "b"]}]


def test_the_count_is_a_number(project, discover):
    project(**FILES)
    assert discover("-o", "count") == (0, "6\n", "")


@pytest.mark.parametrize(
    "words, expected",
    [
        (["-k", "parametrized and b"], IDS[5:]),
        (["-m", "slow"], IDS[2:3]),
        (["-m", "slow(reason='long')"], IDS[2:3]),
        (["--deselect", "test_some.py::TestCase"], IDS[:3]),
        (["--ignore=test_some.py"], IDS[:1]),
        (["--ignore-glob=*some*"], IDS[:1]),
        (["test_some.py::TestCase::test_parametrized[b]", "test_some.py::test_plain"], [IDS[5], IDS[1]]),
        (["test_some.py::TestCase"], IDS[3:]),
        (["-o", "python_functions=test_p*"], [IDS[1], *IDS[4:]]),
        (["-k", "nothing"], []),
    ],
)
def test_arguments_select_as_in_a_run(project, discover, words, expected):
    project(**FILES)
    status, out, err = discover("-q", *words)
    assert (ids(out), status) == (expected, 0 if expected else 5)


def test_addopts_and_the_environment_count(project, discover, tmp_path):
    project(**FILES)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -k plain\n")
    assert discover("-q") == (0, IDS[1] + "\n", "")
    environment = {**os.environ, "PYTEST_ADDOPTS": "-k alone"}
    assert discover("-q", "-o", "addopts=", env=environment) == (0, IDS[0] + "\n", "")


@pytest.mark.parametrize(
    "words, message",
    [
        (["-k", "a b"], "Wrong expression passed to '-k': a b: at column 3: expected end of input; got identifier"),
        (["missing.py"], "file or directory not found: missing.py"),
        (["test_other.py[1]"], "path cannot contain [] parametrization: test_other.py[1]"),
        (["--maxfail", "x"], "argument --maxfail: invalid int value: 'x'"),
        (["-o", "xml"], "-o: 'xml' is neither pretty, ids, json or count, nor NAME=VALUE"),
        (["--python", "/nowhere/python"], "--python: '/nowhere/python' is not a program"),
    ],
)
def test_what_is_wrong_is_said_with_status_4(project, discover, words, message):
    project(**FILES)
    assert discover(*words) == (4, "", f"fastest: {message}\n")


def test_ids_that_name_nothing_are_said(project, discover, tmp_path):
    project(**FILES)
    status, out, err = discover("-q", "test_other.py::test_alone", "test_some.py::test_nothing")
    assert (status, out) == (4, "")
    assert err == f"fastest: not found: {tmp_path}/test_some.py::test_nothing\n(no match in any of [<Module test_some.py>])\n"


def test_ids_may_be_where_the_sources_do_not_tell(project, discover, tmp_path):
    project(test_some="def test_plain(): pass\nglobals()['test_nothing'] = test_plain")
    status, out, err = discover("-q", "test_some.py::test_plain", "test_some.py::test_nothing")
    assert (status, out) == (0, "test_some.py::test_plain\n")
    assert err.startswith(f"not found: {tmp_path}/test_some.py::test_nothing (the file is not exact: it may be there)\n")


def test_bytecode_proves_that_a_source_compiles(project, discover, tmp_path):
    project(test_name='NAME = "\\N{OX}"\ndef test_it(): pass')
    path = tmp_path / "test_name.py"

    def exactness():
        return [file["exact"] for file in document(discover("-o", "json"))["files"]]

    assert "OX" in path.read_text() and exactness() == [False]
    py_compile.compile(path)
    assert exactness() == [True]
    path.write_text(path.read_text() + "# more\n")
    assert exactness() == [False]


def test_no_tests_have_a_status(discover):
    assert discover("-q") == (5, "", "")


def test_files_that_are_no_python_are_said_and_the_rest_is_found(project, discover, tmp_path):
    project(**FILES)
    (tmp_path / "test_bad.py").write_text("def test_a():\n    x = (\n")
    (tmp_path / "test_bytes.py").write_bytes(b"# \xff\ndef test_a(): pass\n")
    (tmp_path / "test_nul.py").write_bytes(b"def test_a(): pass\n\0\n")
    (tmp_path / "test_coding.py").write_bytes(b"# coding: nonsense\ndef test_a(): pass\n")
    status, out, err = discover("-q")
    assert (status, ids(out)) == (2, IDS)
    lines = err.splitlines()
    assert len(lines) == 4
    for line, name in zip(lines, ["test_bad.py:", "test_bytes.py:", "test_coding.py:", "test_nul.py:"]):
        assert line.startswith("ERROR " + name)
    found = document(discover("-o", "json"))
    errors = {file["path"]: file["error"] for file in found["files"] if file["error"]}
    assert set(errors) == {"test_bad.py", "test_bytes.py", "test_nul.py", "test_coding.py"}
    assert found["counts"]["errors"] == 4 and found["counts"]["tests"] == 6


def test_names_of_files_may_hold_anything(discover, tmp_path):
    names = [b"test_new\nline.py", b"test_\xff\xfe.py", b"test_'\".py", "test_ä.py".encode()]
    for name in names:
        with open(os.path.join(os.fsencode(tmp_path), name), "w") as file:
            file.write("def test_a(): pass\n")
    process = subprocess.run(
        [FASTEST, "discover", "--python", sys.executable, "-q"], cwd=tmp_path, capture_output=True
    )
    assert process.returncode == 0
    assert process.stdout == b"".join(name + b"::test_a\n" for name in sorted(names))
    found = document(discover("-o", "json"))
    paths = [os.fsencode(file["path"]) for file in found["files"]]
    assert paths == sorted(names)
    tree = subprocess.run([FASTEST, "discover", "--python", sys.executable], cwd=tmp_path, capture_output=True)
    assert b"test_new\\nline.py (1)\n" in tree.stdout


def test_links_that_loop_end(project, discover, tmp_path):
    project(**FILES)
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "test_self.py").symlink_to(tmp_path / "test_self.py")
    status, out, err = discover("-q", "test_some.py", "test_other.py")
    assert (status, sorted(ids(out))) == (0, sorted(IDS))


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_unreadable_folders_are_said(project, discover, tmp_path):
    project(**FILES)
    (tmp_path / "closed").mkdir(mode=0)
    status, out, err = discover("-q")
    assert (status, ids(out)) == (2, IDS)
    assert err.startswith("ERROR closed: ") and err.count("\n") == 1


def test_a_reader_that_goes_away_is_no_error(project, tmp_path):
    project(test_many="\n".join(f"def test_{i}(): pass" for i in range(20000)))
    command = f"'{FASTEST}' discover --python '{sys.executable}' -q | head -n 1"
    process = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True)
    assert (process.stdout, process.stderr) == ("test_many.py::test_0\n", "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")
def test_output_that_has_no_room_is_an_error(project, tmp_path):
    project(**FILES)
    with open("/dev/full", "w") as full:
        process = subprocess.run([FASTEST, "discover", "--python", sys.executable, "-q"], cwd=tmp_path, stdout=full, stderr=subprocess.PIPE)
    assert (process.returncode, process.stderr) == (3, b"fastest: not all of it could be written\n")


def test_an_index_changes_nothing_but_the_time(project, discover, tmp_path):
    project(**FILES)
    first = discover("-o", "json")
    assert discover("-o", "json") == first == discover("--no-index", "-o", "json")
    (tmp_path / "test_other.py").write_text("def test_changed(): pass")
    assert discover("-q", "test_other.py") == (0, "test_other.py::test_changed\n", "")


def test_no_index_leaves_nothing_behind(project, discover, tmp_path):
    project(**FILES)
    discover("--no-index")
    assert not (tmp_path / ".pytest_cache").exists()


def test_verify_holds_it_against_the_interpreter(project, discover):
    project(**FILES)
    assert discover("--verify") == (0, "6 exact tests: ids and order are the interpreter's\n", "")


def test_verify_shows_every_difference(project, run, tmp_path):
    project(test_some="def test_here(): pass\ndef test_there(): pass")
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    (packages,) = environment.glob("lib/python3*/site-packages")
    (packages / "different.pth").write_text("import os; os.environ['PYTEST_ADDOPTS'] = '-k test_here'")
    status, out, err = run("discover", "--python", str(environment), "--verify")
    assert status == 1
    assert out == "- test_some.py::test_there  (the interpreter does not find it)\n2 exact tests: 1 difference\n"


def test_verify_passes_the_sessions_own_failure_on(project, discover, tmp_path):
    project(**FILES)
    (tmp_path / "conftest.py").write_text("def pytest_configure(config): raise ValueError('no')")
    status, out, err = discover("--verify")
    assert status not in (0, 1) and "ValueError: no" in err


COMPUTED = {
    "conftest": """
        import json, pathlib

        def pytest_generate_tests(metafunc):
            if "n" in metafunc.fixturenames:
                metafunc.parametrize("n", json.loads(pathlib.Path(__file__).with_name("data.json").read_text()))
    """,
    "test_some": """
        import unittest

        def test_plain(): pass

        class TestCase(unittest.TestCase):
            def test_method(self): pass

        def test_generated(n): pass
    """,
}


def test_exact_asks_the_interpreter_and_remembers_what_it_says(project, discover, tmp_path):
    project(**COMPUTED)
    (tmp_path / "data.json").write_text("[5, 7]")
    expected = [
        "test_some.py::test_plain",
        "test_some.py::TestCase::test_method",
        "test_some.py::test_generated[5]",
        "test_some.py::test_generated[7]",
    ]
    status, out, err = discover()
    assert "not exact: the hook pytest_generate_tests in conftest.py may change what is collected" in out
    assert discover("--exact", "-q", "-k", "generated") == (0, "\n".join(expected[2:]) + "\n", "")
    assert discover("-q") == (0, "\n".join(expected) + "\n", "")
    found = document(discover("-o", "json"))["files"][0]
    assert (found["exact"], found["recorded"]) == (True, True)
    tests = {test["id"]: test for test in found["tests"]}
    assert (tests[expected[1]]["unittest"], tests[expected[1]]["line"]) == (True, 7)
    assert tests[expected[3]]["parameters"]["id"] == "7"
    assert discover("--verify")[0] == 0


@pytest.mark.parametrize("name", ["data.json", "conftest.py", "test_some.py"])
def test_what_was_recorded_holds_while_what_it_rests_on_does(project, discover, tmp_path, name):
    project(**COMPUTED)
    (tmp_path / "data.json").write_text("[5, 7]")
    assert discover("--exact", "-o", "count") == (0, "4\n", "")
    assert discover("-o", "count") == (0, "4\n", "")
    with open(tmp_path / name, "a") as file:
        file.write("\n")
    assert discover("-o", "count")[2].endswith("not exact; without -q it is said why\n")
    assert discover("--exact", "-o", "count") == (0, "4\n", "")


def test_files_that_a_conftest_ignores_are_not_recorded(project, discover):
    project(
        conftest="collect_ignore = ['test_%s.py' % name for name in ['ignored']]",
        test_ignored="def test_ignored(): pass",
        test_some="def test_plain(): pass",
    )
    status, out, err = discover("--exact", "--verify")
    assert (status, out.splitlines()[0]) == (0, "1 exact test: ids and order are the interpreter's")


def test_attributes_that_decorators_set_are_names_for_k(project, discover):
    project(
        test_some="""
            def tag(function):
                function.tagged = True
                return function

            @tag
            def test_tagged_by_a_decorator(): pass

            def test_plain(): pass
        """
    )
    assert discover("--verify", "-k", "tagged and not by_a")[0] == 0
    assert "1 not exact" in discover()[1]


def test_help_is_ours(run):
    status, out, err = run("discover", "--help")
    assert status == 0 and out.startswith("usage: fastest discover") and not err


def test_answers_under_two_settings_are_kept_side_by_side(project, discover, tmp_path):
    folder = project(**{f"test_{number}": "def test_a(): pass\ndef check_a(): pass\n" for number in range(5)})
    index = folder / ".pytest_cache" / "d" / "fastest" / "index"
    settings = [(), ("-o", "python_functions=check_*")]
    answers = [discover("-q", *words)[1] for words in settings]
    time.sleep(2.6)  # files that have just been written are read again
    for words in settings:
        discover("-q", *words)
    written = index.stat().st_mtime_ns
    assert [discover("-q", *words)[1] for words in settings * 2] == answers * 2
    assert index.stat().st_mtime_ns == written


def test_long_literals_are_not_remembered_and_cost_exactness_only_where_ids_need_them(project, discover, tmp_path):
    long = "x" * (1 << 20)
    folder = project(
        test_long=f"'''{long}'''\nimport pytest\nDATA = '{long}'\ntest_data = b'{long}'\n"
        f"@pytest.mark.parametrize('x', ['{long}', 'b'])\n@pytest.mark.skip(reason='{long}')\ndef test_1(x): pass\n",
        test_ids=f"import pytest\n@pytest.mark.parametrize('x', [1], ids=['{long[:5000]}'])\ndef test_2(x): pass\n",
    )
    assert discover("--verify")[0] == 0
    assert discover("-q", "test_long.py")[1].splitlines() == ["test_long.py::test_1[x0]", "test_long.py::test_1[b]"]
    files = {file["path"]: file["exact"] for file in json.loads(discover("-o", "json")[1])["files"]}
    assert files == {"test_ids.py": False, "test_long.py": True}
    assert (folder / ".pytest_cache" / "d" / "fastest" / "index").stat().st_size < 20_000
