import logging
import os
import pathlib

import pytest

INNER = pathlib.Path(__file__).parents[1]


@pytest.mark.parametrize("suite", ["plain", "mixed", "broken_conftest", "internal", "exits"])
def test_again(suite, capsys):
    print("middle: before")
    logging.getLogger("suite.middle").warning("middle: before")
    current = os.environ["PYTEST_CURRENT_TEST"]
    try:
        code = pytest.main(["-p", "no:cacheprovider", "-p", "no:randomly", str(INNER / suite)])
    except TypeError as error:
        code = error
    out = capsys.readouterr().out
    print("middle: read", len(out.splitlines()), code)
    if "/fastest/" in pytest.__file__:
        assert os.environ["PYTEST_CURRENT_TEST"] == current
    os.environ["PYTEST_CURRENT_TEST"] = current


def test_fails():
    print("middle: to be shown")
    assert pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:randomly", str(INNER / "plain")]) == 1
