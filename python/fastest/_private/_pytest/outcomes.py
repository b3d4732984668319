"""Exceptions that say how a test went, and the functions that raise them."""

from fastest._fastest import Exit
from fastest._fastest import Failed
from fastest._fastest import OutcomeException
from fastest._fastest import Skipped
from fastest._fastest import XFailed
from fastest._fastest import exit
from fastest._fastest import fail
from fastest._fastest import skip
from fastest._fastest import xfail

TEST_OUTCOME = (OutcomeException, Exception)

_Exit = type(exit)
_Fail = type(fail)
_Skip = type(skip)
_XFail = type(xfail)


def importorskip(modname, minversion=None, reason=None, *, exc_type=None):
    """Import and return the requested module ``modname``, or skip the
    current test if the module cannot be imported.

    With ``minversion``, a module whose ``__version__`` is lower is skipped, too. ``reason`` replaces the message.
    Only ``exc_type`` (an ``ImportError`` class, by default ``ModuleNotFoundError``) leads to a skip.
    """
    import sys
    import warnings
    from importlib import import_module

    __tracebackhide__ = True
    compile(modname, "", "eval")  # a name that is no module name is an error, not a skip
    skipped = None
    with warnings.catch_warnings():
        # Folders of that name on the path, without an __init__.py, would make ImportWarnings.
        warnings.simplefilter("ignore")
        try:
            import_module(modname)
        except ModuleNotFoundError if exc_type is None else exc_type as problem:
            # Raised outside of the block: it must not be swallowed with the warnings.
            text = f"could not import {modname!r}: {problem}" if reason is None else reason
            skipped = Skipped(text, allow_module_level=True)
    if skipped is not None:
        raise skipped

    module = sys.modules[modname]
    if minversion is None:
        return module
    found = getattr(module, "__version__", None)
    from packaging.version import Version

    if found is None or Version(found) < Version(minversion):
        raise Skipped(
            f"module {modname!r} has __version__ {found!r}, required is: {minversion!r}", allow_module_level=True
        )
    return module
