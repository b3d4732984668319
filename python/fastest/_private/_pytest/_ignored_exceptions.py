"""Exceptions that Python could only print: of finalizers and of threads. They become warnings of the test they fell into."""

from __future__ import annotations

import traceback
import warnings

from _pytest.tracemalloc import tracemalloc_message


class Meta:
    """What is known of one: the whole text, the text without traceback, and the exception."""

    def __init__(self, summary, exc_type, exc_value, exc_traceback, source):
        where = "\n" + tracemalloc_message(source)
        shown = "\n\n" + "".join(traceback.format_exception(exc_type, exc_value, exc_traceback))
        self.msg = summary + shown + where
        self.cause_msg = summary + where
        self.exc_value = exc_value


def describe_unraisable(unraisable):
    message = "Exception ignored in" if unraisable.err_msg is None else unraisable.err_msg
    return Meta(
        f"{message}: {unraisable.object!r}",
        unraisable.exc_type,
        unraisable.exc_value,
        unraisable.exc_traceback,
        unraisable.object,
    )


def describe_thread(args):
    name = "<unknown>" if args.thread is None else args.thread.name
    return Meta(f"Exception in thread {name}", args.exc_type, args.exc_value, args.exc_traceback, args.thread)


# The summary shows the line that warns: it says what the warning is.
def _warn_unraisable(msg):
    import pytest

    warnings.warn(pytest.PytestUnraisableExceptionWarning(msg))


def _warn_thread(msg):
    import pytest

    warnings.warn(pytest.PytestUnhandledThreadExceptionWarning(msg))


def _warn(meta, category, what):
    """Issues the warning; the exception that it was turned into, or None."""
    if isinstance(meta, BaseException):
        error = RuntimeError(f"Failed to process {what}")
        error.__cause__ = meta
        return error
    warn = _warn_unraisable if what == "unraisable exception" else _warn_thread
    try:
        warn(meta.msg)
    except category as error:
        # As an error it has the exception as its cause: the traceback need not be in the text.
        if meta.exc_value is not None:
            error.args = (meta.cause_msg,)
            error.__cause__ = meta.exc_value
        return error
    return None


def issue(metas, category_name, what):
    """Warns of all of them, the newest first; raises what filters made errors of."""
    import _pytest.warning_types

    category = getattr(_pytest.warning_types, category_name)
    errors = []
    try:
        while metas:
            error = _warn(metas.pop(), category, what)
            if error is not None:
                errors.append(error)
        if len(errors) == 1:
            raise errors[0]
        if errors:
            raise ExceptionGroup(f"multiple {what} warnings", errors)
    finally:
        del errors, metas
