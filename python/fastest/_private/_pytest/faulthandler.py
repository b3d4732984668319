"""Stacks of all threads at a crash, or when a test takes too long. Called once per run, and per test with a timeout."""

from __future__ import annotations

import faulthandler
import os
import sys

from _pytest.stash import StashKey

fault_handler_original_stderr_fd_key = StashKey()
fault_handler_stderr_fd_key = StashKey()


def get_stderr_fileno():
    try:
        number = sys.stderr.fileno()
        # Twisted's logger answers -1.
        if number != -1:
            return number
    except (AttributeError, ValueError):
        pass
    return sys.__stderr__.fileno()


def enable(config):
    """On a copy of stderr: capturing must not swallow it."""
    number = get_stderr_fileno()
    if faulthandler.is_enabled():
        config.stash[fault_handler_original_stderr_fd_key] = number
    copy = config.stash[fault_handler_stderr_fd_key] = os.dup(number)
    faulthandler.enable(file=copy)


def disable(config):
    faulthandler.disable()
    if fault_handler_stderr_fd_key in config.stash:
        os.close(config.stash[fault_handler_stderr_fd_key])
        del config.stash[fault_handler_stderr_fd_key]
    if fault_handler_original_stderr_fd_key in config.stash:
        faulthandler.enable(config.stash[fault_handler_original_stderr_fd_key])
        del config.stash[fault_handler_original_stderr_fd_key]


def get_timeout_config_value(config):
    return float(config.getini("faulthandler_timeout") or 0.0)


def start_timer(config):
    faulthandler.dump_traceback_later(
        get_timeout_config_value(config),
        file=config.stash[fault_handler_stderr_fd_key],
        exit=config.getini("faulthandler_exit_on_timeout"),
    )


def stop_timer():
    faulthandler.cancel_dump_traceback_later()
