import os
import sys
from typing import TYPE_CHECKING


def test_first(): pass


def test_second(): pass


def test_first(): pass  # keeps the first place


def test_moved(): pass


def test_third(): pass


del test_moved


def test_moved(): pass


def test_gone(): pass


del test_gone
test_alias = test_second
test_none = None
test_number = 3
test_text = "text"
test_class = os.PathLike

if sys.version_info >= (3, 8):

    def test_new_enough(): pass

if sys.version_info < (3, 8):

    def test_too_new(): pass

else:

    def test_otherwise(): pass


if sys.platform == "win32":

    def test_windows(): pass


if os.environ.get("NEVER_SET"):

    def test_maybe(): pass


if TYPE_CHECKING:

    def test_never(): pass


for name in ("a",):

    def test_in_loop(): pass


def test_not(): pass


test_not.__test__ = False


def unnamed(): pass


unnamed.__test__ = True
test_computed = len("abc")
test_lambda = lambda: None
