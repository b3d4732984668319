"""python -m fastest: the runner in this interpreter and process, without the front."""
import sys

if __name__ == "__main__":
    # Code under test looks here to see that pytest runs it.
    sys.argv[0] = __file__[: -len("__main__.py")] + "_private/pytest/__main__.py"
    try:
        from fastest import _fastest

        _fastest.install_finder()
    except ImportError as problem:
        from fastest._refuse import explain

        sys.exit(explain(problem))
    sys.exit(_fastest.console_main())
