"""The assertion plugin; its hooks are in C."""

import sys

from fastest._fastest import AssertionRewritingHook


__all__ = ["AssertionState", "DummyRewriteHook", "register_assert_rewrite"]


class AssertionState:
    """What the plugin knows of one configuration."""

    def __init__(self, config, mode):
        self.mode = mode
        self.trace = config.trace.root.get("assertion")
        self.hook = None


class DummyRewriteHook:
    """Stands in where asserts are left as they are."""

    def mark_rewrite(self, *names):
        pass


def pytest_assertrepr_compare(config, op, left, right):
    """What the plugin says about a comparison, for whoever asks it as a function."""
    from fastest._fastest import Config

    from . import truncate
    from . import util
    from ._typing import TruncationBudget

    highlighter = util.dummy_highlighter
    if config.pluginmanager.has_plugin("terminalreporter"):
        highlighter = config.get_terminal_writer()._highlight
    _, budget = truncate._get_truncation_parameters(config)
    # Lines that are cut in the end need not be made; the footer may take the place of some.
    wanted = TruncationBudget(
        max_lines=budget.max_lines and budget.max_lines + truncate.TRUNCATION_FOOTER_LINES + 1,
        max_chars=budget.max_chars and budget.max_chars + truncate.TRUNCATION_FOOTER_CHARS,
    )
    lines = util.assertrepr_compare(
        op,
        left,
        right,
        verbose=config.get_verbosity(Config.VERBOSITY_ASSERTIONS),
        highlighter=highlighter,
        assertion_text_diff_style=config.getini("assertion_text_diff_style"),
        truncation_budget=wanted,
    )
    return truncate.materialize_with_truncation(lines, config) or None


def register_assert_rewrite(*names: str) -> None:
    """Register one or more module names to be rewritten on import.

    This function will make sure that this module or all modules inside
    the package will get their assert statements rewritten.
    Thus you should make sure to call this before the module is
    actually imported, usually in your __init__.py if you are a plugin
    using a package.

    :param names: The module names to register.
    """
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"expected module names as *args, got {names!r} instead")
    for finder in sys.meta_path:
        if isinstance(finder, AssertionRewritingHook):
            finder.mark_rewrite(*names)
            break


def __getattr__(name):
    from fastest._native_hooks import attribute

    return attribute(__name__, name)
