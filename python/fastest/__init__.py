"""fastest: runs pytest suites unchanged, natively."""

__version__ = "0.1.0"


def main(args=None, plugins=None):
    """Runs a test session in this process, as pytest.main() does, and returns its exit code."""
    from fastest import _fastest

    _fastest.install_finder()
    return _fastest.main(args, plugins)
