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
