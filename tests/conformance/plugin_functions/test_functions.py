import logging
import pathlib


def test_taken_over(caplog, monkeypatch, folder):
    logging.getLogger("x").debug("recorded")
    assert caplog.messages == ["recorded"]
    monkeypatch.setenv("NAME", "value")
    assert isinstance(folder, pathlib.Path)


def test_forked():
    assert 0


def test_deselected():
    pass
