"""What code under test asks of the streams that stand in for its own, and does to them."""
import re
import sys
import weakref

import pytest

ATTRIBUTES = ["buffer", "closed", "encoding", "errors", "line_buffering", "mode", "name", "newlines", "write_through"]


def show(stream, attribute):
    try:
        value = getattr(stream, attribute)
    except Exception as error:
        return repr(error)
    return type(value).__name__ if "object at" in repr(value) else re.sub(r"name=\d+", "name=NUMBER", repr(value))


@pytest.mark.parametrize("name", ["stdin", "stdout", "stderr"])
@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_attribute(name, attribute):
    pytest.fail(f"{name}.{attribute} is {show(getattr(sys, name), attribute)}", pytrace=False)


@pytest.mark.parametrize("name", ["stdin", "stdout", "stderr"])
def test_methods_are_replaced(name, monkeypatch):
    stream = getattr(sys, name)
    monkeypatch.setattr(stream, "fileno", lambda: 7)
    stream.other = 1
    assert stream.fileno() == 7 and stream.other == 1
    monkeypatch.undo()
    del stream.other
    assert not vars(stream)


@pytest.mark.parametrize("name", ["stdin", "stdout", "stderr"])
def test_weak_references(name):
    assert weakref.ref(getattr(sys, name))() is getattr(sys, name)


def test_fixture_streams(capsys):
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert sys.stdout.isatty()
    print("seen")
    assert capsys.readouterr().out == "seen\n"
