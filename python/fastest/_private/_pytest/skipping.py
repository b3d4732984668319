"""Support for skip/xfail functions and markers; the marks are evaluated in C."""

from fastest import _fastest
from fastest._fastest import Xfail
from fastest._fastest import evaluate_condition
from fastest._fastest import evaluate_xfail_marks

#: Where an item's stash keeps what its xfail marks say.
xfailed_key = _fastest._xfailed_key()


class Skip:
    """The result of evaluate_skip_marks()."""

    __slots__ = ("reason",)

    def __init__(self, reason="unconditional skip"):
        self.reason = reason

    def __repr__(self):
        return f"Skip(reason={self.reason!r})"


def evaluate_skip_marks(item):
    """Evaluate skip and skipif marks on item, returning Skip if triggered."""
    found = _fastest._skip_reason(item)
    return found and Skip(*found)


def pytest_runtest_setup(item):
    """What the plugin does before an item's setup."""
    _fastest._skipping_setup(item)


def _neutralize_xfail(config):
    """--runxfail: pytest.xfail() does nothing until this session ends."""
    import pytest

    real = pytest.xfail

    def nop(*args, **kwargs):
        pass

    nop.Exception = real.Exception
    config.add_cleanup(lambda: setattr(pytest, "xfail", real))
    pytest.xfail = nop


def __getattr__(name):
    from fastest._native_hooks import attribute

    return attribute(__name__, name)
