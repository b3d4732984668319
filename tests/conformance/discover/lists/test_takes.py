import pytest
import changing
from shared import CASES, NAMES, OTHERS


@pytest.mark.parametrize("case", CASES)
def test_case(case): pass


@pytest.mark.parametrize("name", NAMES)
def test_name(name): pass


@pytest.mark.parametrize("other", list(OTHERS))
def test_other(other): pass
