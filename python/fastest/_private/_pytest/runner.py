"""The protocol of a test; its functions are C, and drive the same engine as a plain run."""

from __future__ import annotations

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
