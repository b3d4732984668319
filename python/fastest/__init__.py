"""fastest: runs pytest suites unchanged, natively."""

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fastest._discover import MarkInfo as MarkInfo
    from fastest._discover import Problem as Problem
    from fastest._discover import TestInfo as TestInfo
    from fastest._discover import discover_tests as discover_tests

    def main(args=None, plugins=None):
        """Runs a test session in this process, as pytest.main() does, and returns its exit code."""


# Late, so that the package loads in any interpreter, and that a run imports nothing that it does not need.
_DISCOVERY = ("MarkInfo", "Problem", "TestInfo", "discover_tests")


def __getattr__(name):
    if name == "main":
        from fastest._fastest import main as value  # the engine's own, so that pytest.main is the same
    elif name in _DISCOVERY:
        from fastest import _discover

        value = getattr(_discover, name)
    else:
        raise AttributeError("module %r has no attribute %r" % (__name__, name))
    globals()[name] = value
    return value
