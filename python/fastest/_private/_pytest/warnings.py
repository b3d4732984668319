"""Recording of warnings. The plugin is C; this is for plugins that record around code of their own."""

from __future__ import annotations

import contextlib
import warnings


def apply_marks(marks):
    """Puts the filters of filterwarnings marks in force."""
    from _pytest.config import parse_warning_filter

    for mark in marks:
        for arg in mark.args:
            warnings.filterwarnings(*parse_warning_filter(arg, escape=False))


@contextlib.contextmanager
def catch_warnings_for_item(config, ihook, when, item, *, record=True):
    """Configured filters in force; what is recorded goes to pytest_warning_recorded."""
    nodeid = "" if item is None else item.nodeid
    with config._catch_configured_warnings(record=record) as log:
        if item is not None:
            apply_marks(item.iter_markers(name="filterwarnings"))
        try:
            yield
        finally:
            for message in log or ():
                ihook.pytest_warning_recorded.call_historic(
                    kwargs={"warning_message": message, "nodeid": nodeid, "when": when, "location": None}
                )


def warning_record_to_str(warning_message):
    """A recorded warning as Python would print it."""
    from _pytest.tracemalloc import tracemalloc_message

    text = warnings.formatwarning(
        str(warning_message.message),
        warning_message.category,
        warning_message.filename,
        warning_message.lineno,
        warning_message.line,
    )
    return text + tracemalloc_message(warning_message.source)


def __getattr__(name):
    from fastest._native_hooks import attribute

    return attribute(__name__, name)
