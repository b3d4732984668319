"""Rewritten code: where its instructions are, what its names are, and how it is cached."""

import os
import sys
import types

import pytest

from fastest import _fastest


def load(path):
    return _fastest.load_code(str(path), True, False)


def code_objects(code):
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from code_objects(constant)


def failure(path, name="check"):
    namespace = {}
    exec(load(path), namespace)
    with pytest.raises(AssertionError) as caught:
        namespace[name]()
    return caught.value


@pytest.fixture
def source(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    path = tmp_path / "some_module.py"

    def write(text, encoding="utf-8"):
        path.write_text(text, encoding=encoding)
        return path

    return write


def cached(path):
    return sorted((path.parent / "__pycache__").glob("some_module.*"))


def test_columns_are_those_of_the_source(source):
    if sys.version_info < (3, 11):
        pytest.skip("no columns")
    path = source("def check(f, x):\n    assert f(x).name == [1,\n        f(2)] and x.y, 'm'\n")
    lines = path.read_text().split("\n")
    positions = {position for code in code_objects(load(path)) for position in code.co_positions()}
    texts = set()
    for line, end_line, column, end_column in positions:
        if line == end_line and column is not None:
            texts.add(lines[line - 1][column:end_column])
    assert {"f(x)", "f(x).name", "f(2)", "x.y"} <= texts
    assert not any("@py" in text or "_py_assert" in text for text in texts)


def test_names_cannot_be_spelled(source):
    path = source("def check(f):\n    assert f()\n    assert 0 < f() < 2\n")
    names = {name for code in code_objects(load(path)) for name in code.co_names + code.co_varnames}
    assert {name for name in names if "assert" in name or "pytest" in name} >= {"@py_assert0", "@pytest_ar"}
    assert not any(name.startswith("_p") for name in names)


def test_a_source_that_contains_our_spelling(source):
    path = source("_py_assert0 = 5\n_pytest_ar = 1\ndef check():\n    assert str(_py_assert0) == '6'\n")
    assert str(failure(path)).startswith("assert '5' == '6'")


def test_temporaries_are_reset(source):
    path = source("def check(f):\n    assert f()\n    return locals()\n")
    namespace = {}
    exec(load(path), namespace)
    values = namespace["check"](lambda: object())
    assert values["@py_assert0"] is None


def test_private_names_and_class_bodies(source):
    path = source(
        "def check():\n    y = 1\n    class _Thing:\n        __x = 2\n        def m(self):\n            assert self.__x == 3\n"
        "        try:\n            assert y == __x\n        except AssertionError as error:\n            text = str(error)\n"
        "    assert _Thing.text == 'assert 1 == 2'\n    _Thing().m()\n"
    )
    assert str(failure(path)).startswith("assert 2 == 3\n +  where 2 = ")


def test_chains_tell_how_far_they_got(source):
    path = source("def check():\n    for x in (5, 20):\n        try:\n            assert 0 < x < 10 < abs(x)\n"
                  "        except AssertionError as error:\n            last = error\n    raise last\n")
    assert str(failure(path)) == "assert 20 < 10"


def test_syntax_errors_are_those_of_the_source(source):
    path = source("def check():\n    assert x, y := 1\n")
    with pytest.raises(SyntaxError) as ours:
        load(path)
    with pytest.raises(SyntaxError) as plain:
        compile(path.read_bytes(), str(path), "exec")
    assert ours.value.args == plain.value.args


def test_declared_encodings(source):
    path = source("# coding: latin-1\ndef check():\n    assert '\xe9' == 'e', '\xe8'\n", encoding="latin-1")
    assert str(failure(path)).startswith("\xe8\nassert '\xe9' == 'e'")


def test_docstring_disables(source):
    path = source("'''PYTEST_DONT_REWRITE'''\ndef check():\n    x = 1\n    assert x == 2\n")
    assert str(failure(path)) == ""


def test_cache_is_used_and_follows_the_content(source, tmp_path):
    path = source("def check():\n    assert 1 == 2\n")
    assert str(failure(path)) == "assert 1 == 2"
    (first,) = cached(path)
    before = first.stat().st_mtime_ns
    assert str(failure(path)) == "assert 1 == 2"
    assert first.stat().st_mtime_ns == before
    stamp = path.stat()
    source("def check():\n    assert 1 == 3\n")
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert str(failure(path)) == "assert 1 == 3"


@pytest.mark.parametrize("damage", [b"", b"\0" * 30, b"FSTCODE1" + b"\0" * 200])
def test_damaged_cache_is_replaced(source, damage):
    path = source("def check():\n    assert 1 == 2\n")
    load(path)
    (first,) = cached(path)
    first.write_bytes(damage)
    assert str(failure(path)) == "assert 1 == 2"
    assert len(first.read_bytes()) > 300


def test_moved_files_know_their_name(source, tmp_path):
    path = source("def check():\n    assert 1 == 2\n")
    load(path)
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    path.rename(moved / path.name)
    (path.parent / "__pycache__").rename(moved / "__pycache__")
    assert {code.co_filename for code in code_objects(load(moved / path.name))} == {str(moved / path.name)}


def test_old_versions_are_pruned(source):
    path = source("def check():\n    assert 1 == 2\n")
    folder = path.parent / "__pycache__"
    folder.mkdir()
    tag = sys.implementation.cache_tag
    old = folder / f"some_module.{tag}-fastest-0.0.0-pytest-1.0.pyc"
    other = folder / f"some_module.{tag}-pytest-9.2.0.pyc"
    old.touch()
    other.touch()
    load(path)
    assert not old.exists()
    assert other.exists()


def test_bytecode_is_not_written_when_forbidden(source, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    path = source("def check():\n    assert 1 == 2\n")
    load(path)
    assert not (path.parent / "__pycache__").exists()


def test_pycache_prefix(source, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "prefix"))
    path = source("def check():\n    assert 1 == 2\n")
    load(path)
    assert not (path.parent / "__pycache__").exists()
    assert len(list((tmp_path / "prefix").rglob("some_module.*"))) == 1


def test_missing_source():
    with pytest.raises(FileNotFoundError) as caught:
        load("/no/such/file.py")
    assert caught.value.filename == "/no/such/file.py"
