from shared import *


def test_own(): pass
