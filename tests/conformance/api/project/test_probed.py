import unittest
import warnings

import pytest
from probe import describe_live


@pytest.fixture
def native(request):
    describe_live("request in a fixture", request)
    yield 1


@pytest.fixture(params=["a"])
def parametrized(request):
    return request.param


@pytest.mark.probed(1, key=2)
def test_function(native, parametrized, request):
    describe_live("request in a test", request)


@pytest.mark.parametrize("value", [1, pytest.param(2, id="two", marks=pytest.mark.probed)])
def test_parametrized(value):
    pass


@pytest.mark.parametrize(
    "name",
    ["capsys", "capfd", "capsysbinary", "capteesys", "caplog", "recwarn", "monkeypatch", "tmp_path_factory", "cache", "pytestconfig",
     "doctest_namespace", "record_property", "pytester", "testdir", "subtests", "tmpdir_factory"],
)
def test_fixtures(request, name):
    describe_live(f"fixture {name}", request.getfixturevalue(name))


def test_helpers():
    with pytest.raises(ValueError) as raised:
        raise ValueError("x")
    describe_live("raised", raised)
    describe_live("raises", pytest.raises(ValueError))
    describe_live("RaisesExc", pytest.RaisesExc(ValueError))
    describe_live("warns", pytest.warns(UserWarning))
    describe_live("approx", pytest.approx(1.0))
    describe_live("approx list", pytest.approx([1.0]))
    describe_live("approx dict", pytest.approx({"a": 1.0}))
    describe_live("mark decorator", pytest.mark.probed)
    describe_live("mark generator", pytest.mark)
    describe_live("param", pytest.param(1, id="x"))
    describe_live("fixture definition", native)
    describe_live("stash key", pytest.StashKey())
    describe_live("exit code", pytest.ExitCode.OK)
    for function in (pytest.fail, pytest.skip, pytest.xfail, pytest.exit):
        try:
            function("x")
        except BaseException as error:
            describe_live(f"outcome {function.__name__}", error)


def test_warns():
    warnings.warn("a warning")


def test_fails(native):
    local = 1
    assert local == 2


def test_skipped():
    pytest.skip("skipped")


@pytest.mark.xfail
def test_xfailed():
    assert 0


class TestClass:
    def test_method(self):
        pass


class TestCase(unittest.TestCase):
    def test_unittest(self):
        pass


def test_subtests(subtests):
    with subtests.test(msg="inner"):
        pass
