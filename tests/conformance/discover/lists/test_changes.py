"""Changes a list that another module's tests are made of."""
from shared import CASES

CASES.append(3)


def test_changes(): pass
