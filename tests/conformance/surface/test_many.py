"""Module doc."""
import sys, warnings, logging
import pytest

log = logging.getLogger("app")

@pytest.fixture
def broken():
    print("setup out")
    log.warning("setup log")
    raise ValueError("broken fixture")

@pytest.fixture
def bad_end():
    yield 1
    print("teardown out")
    raise RuntimeError("bad end")

def test_pass():
    """Passes."""
    print("pass out")

def test_fail():
    print("fail out"); print("fail err", file=sys.stderr)
    log.error("an error %s", 1)
    x = {"a": 1, "b": [1, 2, 3]}
    assert x == {"a": 1, "b": [1, 2, 4]}

def test_error(broken):
    pass

def test_bad_end(bad_end):
    print("call out")

def test_fail_bad_end(bad_end):
    assert 0, "message\nof two lines"

@pytest.mark.skip(reason="why not")
def test_skip():
    pass

@pytest.mark.skipif(True, reason="conditional reason that is rather long, so that the folded summary has to be cut somewhere in the line " * 2)
def test_skipif():
    pass

@pytest.mark.skip(reason="why not")
def test_skip2():
    pass

@pytest.mark.xfail(reason="known")
def test_xfail():
    print("xfail out")
    assert 0

@pytest.mark.xfail
def test_xpass():
    print("xpass out")

@pytest.mark.xfail(strict=True, reason="strictly")
def test_xpass_strict():
    pass

@pytest.mark.xfail(raises=KeyError)
def test_xfail_raises():
    raise ValueError(1)

def test_warn():
    warnings.warn("a user warning")
    warnings.warn(DeprecationWarning("deprecated\nthing"))

@pytest.mark.parametrize("a", [1, "two", None, 3.5, "\u00e4", b"x", object])
@pytest.mark.parametrize("b", [pytest.param(1, id="one"), pytest.param(2, marks=pytest.mark.xfail)])
def test_params(a, b):
    assert b == 1

class TestClass:
    """Class doc."""
    def test_method(self):
        def inner(n):
            if n: return inner(n - 1)
            raise KeyError("deep")
        inner(3)

    class TestNested:
        def test_inner(self, tmp_path, capsys):
            print("hello")
            assert capsys.readouterr().out == "hallo\n"

def test_chained():
    try:
        1 / 0
    except ZeroDivisionError as e:
        try:
            {}["k"]
        except KeyError as e2:
            raise RuntimeError("outer") from e2

def test_group():
    raise ExceptionGroup("eg", [ValueError(1), TypeError("t"), ExceptionGroup("in", [KeyError("x")])])

def test_note():
    e = ValueError("v"); e.add_note("a note"); raise e

def test_exit_in_call():
    pytest.fail("no trace", pytrace=False)

def test_hidden():
    __tracebackhide__ = True
    raise ValueError("hidden")

def test_importorskip():
    pytest.importorskip("surely_not_there")
