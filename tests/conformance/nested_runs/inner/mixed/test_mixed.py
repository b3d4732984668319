import logging
import os
import sys
import unittest
import warnings

import pytest

log = logging.getLogger("suite.inner")


def test_fails_with_output(resource):
    print("inner: to stdout")
    os.write(2, b"inner: to descriptor 2\n")
    log.warning("inner: a record")
    assert {"a": resource} == {"a": 2}


def test_capsys(capsys):
    print("inner: swallowed")
    assert capsys.readouterr().out == "inner: swallowed\n"
    with capsys.disabled():
        print("inner: shown")


def test_capfd(capfd):
    os.system("echo inner: by a child")
    assert capfd.readouterr().out == "inner: by a child\n"


def test_caplog(caplog):
    with caplog.at_level(logging.DEBUG, "suite.inner"):
        log.debug("inner: debug")
    assert caplog.messages == ["inner: debug"]
    caplog.set_level(logging.CRITICAL)


def test_warns():
    warnings.warn("inner: a warning", UserWarning)
    warnings.warn("inner: old", DeprecationWarning)


def test_filters():
    warnings.simplefilter("ignore")
    warnings.warn("inner: not seen")


def test_changes_levels():
    logging.getLogger("suite.changed").setLevel(7)


@pytest.mark.skip(reason="inner: skipped")
def test_skipped():
    pass


@pytest.mark.xfail(reason="inner: expected")
def test_xfailed():
    assert 0


@pytest.mark.parametrize("number", [1, 2])
def test_numbers(number, monkeypatch):
    monkeypatch.setenv("SUITE_INNER", str(number))
    monkeypatch.syspath_prepend("somewhere")
    assert number != 2, "two"


def test_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_error_in_teardown(failing_teardown):
    pass


def test_nothing_there(no_such_fixture):
    pass


def test_exit_code():
    sys.exit(3)


class TestCase(unittest.TestCase):
    def setUp(self):
        self.value = 1

    def test_unittest(self):
        self.assertEqual(self.value, 2)

    def test_subtests(self):
        for number in range(2):
            with self.subTest(number=number):
                self.assertEqual(number, 0)
