"""Writes the suites that the benchmark runs: generate.py ROW FOLDER, or import write()."""
import pathlib
import sys

TRIVIAL = "def test_{n}():\n    assert {n} + 1 == {m}\n\n\n"


def one(folder):
    (folder / "test_one.py").write_text("def test_one():\n    assert 1 + 1 == 2\n")
    return 1


def plain10k(folder):
    body = "".join(TRIVIAL.format(n=n, m=n + 1) for n in range(20))
    for module in range(500):
        (folder / f"test_plain_{module:03}.py").write_text(body)
    return 500 * 20


def many_files(folder, files):
    """50 tests in each, in folders of 200."""
    body = "".join(TRIVIAL.format(n=n, m=n + 1) for n in range(50))
    for module in range(files):
        part = folder / f"part_{module // 200:03}"
        part.mkdir(exist_ok=True)
        (part / f"test_plain_{module:05}.py").write_text(body)
    return files * 50


def plain100k(folder):
    return many_files(folder, 2_000)


def plain1m(folder):
    return many_files(folder, 20_000)


MIXED_CONFTEST = '''import pytest


@pytest.fixture(scope="session")
def database():
    connection = {"open": True}
    yield connection
    connection["open"] = False


@pytest.fixture(autouse=True)
def clean_slate():
    yield
'''

MIXED = '''import os

import pytest


@pytest.fixture(scope="module")
def table(database):
    rows = [(i, str(i)) for i in range(10)]
    yield rows
    rows.clear()


@pytest.fixture
def row(table):
    return table[3]


@pytest.fixture(params=["small", "large"])
def size(request):
    return request.param


def test_database(database):
    assert database["open"]


def test_row(row):
    assert row == (3, "3")


def test_table(table, row):
    assert row in table


@pytest.mark.parametrize("number", range(8))
def test_square(number):
    assert number * number == number ** 2


@pytest.mark.parametrize("text, length", [("a", 1), ("bb", 2), ("", 0)])
def test_length(text, length):
    assert len(text) == length


def test_size(size):
    assert size in ("small", "large")


class TestBasket:
    def setup_method(self):
        self.items = ["apple"]

    def test_add(self):
        self.items.append("pear")
        assert self.items == ["apple", "pear"]

    def test_remove(self):
        self.items.remove("apple")
        assert not self.items

    def test_table(self, table):
        assert len(table) == 10


def test_file(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("content")
    assert path.read_text() == "content"


def test_environment(monkeypatch):
    monkeypatch.setenv("MIXED", "yes")
    assert os.environ["MIXED"] == "yes"


def test_output(capsys):
    print("hello")
    assert capsys.readouterr().out == "hello\\n"


@pytest.mark.skip(reason="not today")
def test_skipped():
    raise AssertionError


@pytest.mark.xfail(strict=True)
def test_expected_failure():
    assert 1 == 2


def test_raises():
    with pytest.raises(ValueError, match="literal"):
        int("x")


def test_division():
    with pytest.raises(ZeroDivisionError):
        1 / 0


def test_last(database):
    assert database
'''


def mixed(folder):
    (folder / "conftest.py").write_text(MIXED_CONFTEST)
    for module in range(200):
        (folder / f"test_mixed_{module:03}.py").write_text(MIXED)
    return 200 * 27


ASSERTS_HEAD = '''class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def moved(self, by):
        return Point(self.x + by, self.y + by)

    def __eq__(self, other):
        return (self.x, self.y) == (other.x, other.y)


def double(value):
    return value * 2


'''
ASSERTS = '''def test_{n}():
    values = [{n}, {n} + 1, {n} + 2]
    names = {{"first": {n}, "second": "two"}}
    point = Point({n}, 4)
    text = "item {n}"
    assert len(values) == 3 and values[0] == {n}
    assert names["first"] + 1 == values[1]
    assert point.moved(1) == Point({n} + 1, 5)
    assert point.x < point.moved(2).x <= double({n}) + 2
    assert text.startswith("item") and text.endswith("{n}")
    assert "second" in names and "third" not in names
    assert not [value for value in values if value < {n}], text
    assert isinstance(names.get("second"), str) or double(0)


'''


def asserts(folder):
    body = ASSERTS_HEAD + "".join(ASSERTS.format(n=n) for n in range(30))
    for module in range(150):
        (folder / f"test_asserts_{module:03}.py").write_text(body)
    return 150 * 30


FAILING = '''def test_good_{n}():
    print("all is well {n}")
    assert {n} >= 0


def test_bad_{n}():
    print("about to fail {n}")
    expected = {{"id": {n}, "name": "name {n}", "tags": ["a", "b", "c"], "nested": {{"deep": [1, 2, 3]}}}}
    found = {{"id": {n}, "name": "other {n}", "tags": ["a", "c"], "nested": {{"deep": [1, 2, 4]}}}}
    assert found == expected


'''


def failing(folder):
    body = "".join(FAILING.format(n=n) for n in range(50))
    for module in range(10):
        (folder / f"test_failing_{module}.py").write_text(body)
    return 10 * 100


def params(folder):
    (folder / "test_params.py").write_text(
        "import pytest\n\n\n"
        '@pytest.mark.parametrize("number", range(50000))\n'
        "def test_number(number):\n    assert number >= 0\n"
    )
    return 50000


SUITES = {suite.__name__: suite for suite in (one, plain10k, plain100k, plain1m, mixed, asserts, failing, params)}


def write(name, folder):
    """Writes the suite into a new folder; returns how many tests it has."""
    folder.mkdir(parents=True)
    (folder / "pytest.ini").write_text("[pytest]\n")
    return SUITES[name](folder)


if __name__ == "__main__":
    print(write(sys.argv[1], pathlib.Path(sys.argv[2])), "tests")
