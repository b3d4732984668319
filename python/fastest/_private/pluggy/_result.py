"""What old-style wrappers receive."""

from fastest._fastest import Result

_Result = Result


class HookCallError(Exception):
    """A hook was called without an argument that an implementation asks for."""
