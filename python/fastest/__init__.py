"""fastest: runs pytest suites unchanged, natively."""

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:

    def main(args=None, plugins=None):
        """Runs a test session in this process, as pytest.main() does, and returns its exit code."""


def __getattr__(name):
    # Late, so that the package loads in any interpreter; and the engine's own, so that pytest.main is the same.
    if name == "main":
        from fastest._fastest import main

        globals()["main"] = main
        return main
    raise AttributeError("module %r has no attribute %r" % (__name__, name))
