"""Config in process: ini types, options and their generation, nested runs, what a run leaves behind."""

import gc
import os
import sys
import weakref

import pytest

sys.setdlopenflags(os.RTLD_LAZY)
from fastest import _fastest  # noqa: E402

_fastest.install_finder()


def make_config(tmp_path, content, *args, name="pytest.ini"):
    (tmp_path / name).write_text(content)
    return _fastest._prepareconfig([str(tmp_path), "-p", "no:terminal", *args])


INI_ROWS = [
    # type, text in an ini file, value
    ("string", "a b", "a b"),
    ("args", "a 'b c'", ["a", "b c"]),
    ("linelist", "\n  a b\n  c", ["a b", "c"]),
    ("bool", "On", True),
    ("bool", "f", False),
    ("int", "12", 12),
    ("float", "0.5", 0.5),
    (int, "3", 3),
    (int | str, "3", 3),
    (int | str, "three", "three"),
]


@pytest.mark.parametrize("type_, text, value", INI_ROWS)
def test_ini_values_have_the_declared_type(tmp_path, type_, text, value):
    config = make_config(tmp_path, f"[pytest]\nmine = {text}\n")
    config._parser.addini("mine", "", type=type_, default=None)
    assert config.getini("mine") == value
    config._ensure_unconfigure()


def test_toml_values_are_not_coerced(tmp_path):
    config = make_config(tmp_path, "[pytest]\nflag = 'yes'\ncount = 3\n", name="pytest.toml")
    config._parser.addini("flag", "", type="bool")
    config._parser.addini("count", "", type="int")
    assert config.getini("count") == 3
    with pytest.raises(_fastest.UsageError, match="config option 'flag' expects a bool, got str: 'yes'"):
        config.getini("flag")
    config._ensure_unconfigure()


def test_override_beats_the_file_and_the_name_beats_its_alias(tmp_path):
    config = make_config(tmp_path, "[pytest]\nold = file\nnew = file2\n", "-o", "old=line")
    config._parser.addini("new", "", aliases=["old"])
    assert config.getini("new") == config.getini("old") == "line"
    config._ensure_unconfigure()


def test_lines_can_be_added_to_a_list(tmp_path):
    config = make_config(tmp_path, "[pytest]\n")
    config.addinivalue_line("markers", "mine: a mark")
    assert "mine: a mark" in config.getini("markers")
    config._ensure_unconfigure()


def test_options_answer_by_name_and_by_dest(tmp_path):
    config = make_config(tmp_path, "[pytest]\naddopts = --maxfail=3\n", "-k", "x")
    assert config.getoption("--maxfail") == config.getoption("maxfail") == config.option.maxfail == 3
    assert config.getvalue("keyword") == "x"
    assert config.getoption("missing", 7) == 7
    with pytest.raises(ValueError, match="no option named 'missing'"):
        config.getoption("missing")
    config._ensure_unconfigure()


def test_paths_of_the_project(tmp_path):
    config = make_config(tmp_path, "[pytest]\npythonpath = src\n")
    assert config.rootpath == tmp_path
    assert config.inipath == tmp_path / "pytest.ini"
    assert sys.path[0] == str(tmp_path / "src")
    config._ensure_unconfigure()
    assert str(tmp_path / "src") not in sys.path


def test_cleanups_run_last_first_and_all_of_them(tmp_path):
    config = make_config(tmp_path, "[pytest]\n")
    calls = []

    def fails():
        calls.append("fails")
        raise RuntimeError("first to fail")

    config.add_cleanup(lambda: calls.append("last"))
    config.add_cleanup(fails)
    config.add_cleanup(lambda: calls.append("first"))
    with pytest.raises(RuntimeError, match="first to fail"):
        config._ensure_unconfigure()
    assert calls == ["first", "fails", "last"]


def test_usage_errors_name_their_source(tmp_path, capsys):
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --nonsense\n")
    assert _fastest.main([str(tmp_path)]) == 4
    error = capsys.readouterr().err
    assert "unrecognized arguments: --nonsense" in error
    assert f"inifile: {tmp_path / 'pytest.ini'}" in error


def test_a_run_inside_a_run_leaves_the_outer_one(tmp_path):
    (tmp_path / "test_inner.py").write_text("def test_it(): pass\n")

    def look():
        return os.environ.get("PYTEST_VERSION"), os.environ.get("PYTEST_CURRENT_TEST"), list(sys.meta_path)

    before = look()
    assert _fastest.main([str(tmp_path), "-q", "-p", "no:cacheprovider"]) == 0
    assert look() == before


def test_a_config_dies_with_its_last_reference(tmp_path):
    config = make_config(tmp_path, "[pytest]\n")
    config._ensure_unconfigure()
    dead = [weakref.ref(config), weakref.ref(config._parser), weakref.ref(config.option)]
    del config
    gc.collect()
    assert [ref() for ref in dead] == [None, None, None]
