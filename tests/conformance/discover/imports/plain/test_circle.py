"""When circle.two is run, circle.one has no names yet: its star leaves VALUES alone."""

import pytest
from circle.two import *


@pytest.mark.parametrize("value", VALUES)
def test_in_circle(value):
    pass
