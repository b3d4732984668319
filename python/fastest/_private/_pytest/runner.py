"""The protocol of a test; its functions are C, and drive the same engine as a plain run."""

from __future__ import annotations

import sys

from fastest._fastest import CallInfo
from fastest._fastest import CollectReport
from fastest._fastest import SetupState
from fastest._fastest import TestReport
from fastest._fastest import call_and_report
from fastest._fastest import check_interactive_exception
from fastest._fastest import collect_one_node
from fastest._fastest import runtestprotocol


def get_reraise_exceptions(config):
    """Exceptions that end the run instead of the phase that raised them."""
    from _pytest.outcomes import Exit

    return (Exit,) if config.getoption("usepdb", False) else (Exit, KeyboardInterrupt)


_LAST = ("last_type", "last_value", "last_traceback", "last_exc")


def pytest_runtest_call(item):
    """The call phase of an item, for whoever calls it as a function: sys.last_exc and the like tell what it raised."""
    for name in _LAST:
        vars(sys).pop(name, None)
    try:
        item.runtest()
    except Exception as error:
        # Without this frame.
        values = (type(error), error, error.__traceback__.tb_next, error)
        for name, value in zip(_LAST[: 4 if sys.version_info >= (3, 12) else 3], values):
            setattr(sys, name, value)
        raise


def show_test_item(item, *, add_space):
    """The line of a test under --setup-show: its id and the fixtures that it uses."""
    tw = item.config.get_terminal_writer()
    tw.line()
    tw.write(" " * 8)
    tw.write(item.nodeid)
    names = sorted(getattr(item, "fixturenames", []))
    if names:
        tw.write(f" (fixtures used: {', '.join(names)})")
    if add_space:
        tw.write(" ")
    tw.flush()


def __getattr__(name):
    from fastest._native_hooks import attribute

    return attribute(__name__, name)
