"""Stacks of all threads at a crash, or when a test takes too long. Called once per run, and per test with a timeout."""

from __future__ import annotations

import faulthandler
import os
import sys

from _pytest.stash import StashKey
from fastest import _fastest

fault_handler_original_stderr_fd_key = StashKey()
fault_handler_stderr_fd_key = StashKey()
copies = []  # of stderr, one for each run that this process is in
forks_watched = []


def pytest_enter_pdb():
    """While somebody debugs, no stacks are dumped."""
    faulthandler.cancel_dump_traceback_later()


pytest_exception_interact = pytest_enter_pdb


def get_stderr_fileno():
    try:
        number = sys.stderr.fileno()
        # Twisted's logger answers -1.
        if number != -1:
            return number
    except (AttributeError, ValueError):
        pass
    return sys.__stderr__.fileno()


def after_fork():
    """The front's file is for its host alone: what happens to a child is told at once."""
    if faulthandler.is_enabled():
        faulthandler.enable(file=copies[-1] if copies else 2)


def target(number):
    """The front's file, if there is a front: it shows what is there, and the report of the crash has it, too."""
    stacks = _fastest.stacks_fd()
    return number if stacks is None else stacks


def enable(config):
    """On a copy of stderr: capturing must not swallow it."""
    number = get_stderr_fileno()
    if faulthandler.is_enabled():
        config.stash[fault_handler_original_stderr_fd_key] = number
    copy = config.stash[fault_handler_stderr_fd_key] = os.dup(number)
    faulthandler.enable(file=target(copy))
    if not copies and _fastest.stacks_fd() is not None and not forks_watched:
        os.register_at_fork(after_in_child=after_fork)
        forks_watched.append(True)
    copies.append(copy)


def disable(config):
    faulthandler.disable()
    if fault_handler_stderr_fd_key in config.stash:
        copies.remove(config.stash[fault_handler_stderr_fd_key])
        os.close(config.stash[fault_handler_stderr_fd_key])
        del config.stash[fault_handler_stderr_fd_key]
    if fault_handler_original_stderr_fd_key in config.stash:
        faulthandler.enable(target(config.stash[fault_handler_original_stderr_fd_key]))
        del config.stash[fault_handler_original_stderr_fd_key]


def get_timeout_config_value(config):
    return float(config.getini("faulthandler_timeout") or 0.0)


def start_timer(config):
    if config.getini("faulthandler_exit_on_timeout"):
        _fastest.event_log_let_tests_exit()
    faulthandler.dump_traceback_later(
        get_timeout_config_value(config),
        file=config.stash[fault_handler_stderr_fd_key],
        exit=config.getini("faulthandler_exit_on_timeout"),
    )


def stop_timer():
    faulthandler.cancel_dump_traceback_later()


def __getattr__(name):
    from fastest._native_hooks import attribute

    return attribute(__name__, name)
