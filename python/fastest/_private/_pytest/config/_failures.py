"""How the user is told what kept a run from starting, or ended it outside of any test."""

import os
import sys

from fastest._fastest import UsageError


def report_startup_error(exception):
    """Tells the user what kept the run from starting; the exit status, None for somebody else's exception."""
    from _pytest.config import ConftestImportFailure
    from _pytest.config import ExitCode
    from _pytest.config import PluginImportFailure

    if isinstance(exception, UsageError):
        print_usage_error(exception, sys.stderr)
        return int(ExitCode.USAGE_ERROR)
    if isinstance(exception, ConftestImportFailure):
        print_conftest_import_error(exception, sys.stderr)
        return int(ExitCode.USAGE_ERROR)
    if isinstance(exception, PluginImportFailure):
        print_plugin_import_error(exception, sys.stderr)
        return int(ExitCode.INTERNAL_ERROR)
    return None


def report_failure(exception):
    """What ended the run outside of any test: the exit status once it is told, None to raise it."""
    if isinstance(exception, OSError):
        # Only the engine's own: a full disk behind stdout.
        if not is_raised_here(exception.__traceback__):
            return None
        import errno

        full = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)
        where = exception.filename or ("standard output" if exception.errno in full else "")
        sys.stderr.write(f"fastest: {where}{': ' if where else ''}{exception.strerror}\n")
        silence_stdout()
        return 1
    # pytest.fail() where no test could fail, as for [pytest] in a setup.cfg: its text says all.
    print_usage_error(UsageError(str(exception)), sys.stderr)
    return 4


def is_raised_here(traceback):
    """Whether all its frames are ours, or of an import of ours."""
    import fastest

    ours = (os.path.dirname(fastest.__file__) + os.sep, "<frozen importlib")
    while traceback is not None:
        if not traceback.tb_frame.f_code.co_filename.startswith(ours):
            return False
        traceback = traceback.tb_next
    return True


def print_usage_error(e, file):
    from _pytest._io import TerminalWriter

    writer = TerminalWriter(file)
    for message in e.args:
        writer.line(f"ERROR: {message}\n", red=True)
    writer.flush()


def print_conftest_import_error(e, file):
    _print_import_error(f"ImportError while loading conftest '{e.path}'.", e.cause, file)


def print_plugin_import_error(e, file):
    assert e.__cause__ is not None, f"{e!r} must be raised `from` the original error"
    _print_import_error(f'Error while loading plugin "{e}".', e.__cause__, file)


def _print_import_error(header, cause, file):
    from _pytest._code import ExceptionInfo
    from _pytest._io import TerminalWriter

    excinfo = ExceptionInfo.from_exc_info((type(cause), cause, cause.__traceback__))
    excinfo.traceback = excinfo.traceback.filter(filter_traceback_for_import_failure)
    if excinfo.traceback:
        shown = excinfo.getrepr(style="short", chain=False)
    elif cause.__traceback__ is None or isinstance(cause, SyntaxError):
        # Compiled in C: where pytest has a frame of ast.parse() there is none.
        shown = "\n".join("E   " + line for line in excinfo.exconly().split("\n"))
    else:
        shown = excinfo.exconly()
    writer = TerminalWriter(file)
    writer.line(header, red=True)
    for line in str(shown).splitlines():
        writer.line(line.rstrip(), red=True)
    writer.flush()


def filter_traceback_for_import_failure(entry):
    from _pytest._code import filter_traceback

    return filter_traceback(entry) and "importlib" not in str(entry.path).split(os.sep)


def raise_toml_error(path):
    """Raises tomllib's words for a file that does not parse; returns where there is no tomllib."""
    try:
        import tomllib
    except ImportError:
        try:
            import tomli as tomllib
        except ImportError:
            return
    with open(path, encoding="utf-8") as file:
        try:
            text = file.read()
        except UnicodeDecodeError as error:
            raise UsageError(f"{path}: {error}") from error
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: {error}") from error


def help_after_usage_error(config, args):
    """--help and --version still say what they can when the rest of the command line is wrong."""
    if getattr(config.option, "version", False) or "--version" in args:
        from _pytest.helpconfig import show_version_verbose

        show_version_verbose(config)
    elif getattr(config.option, "help", False) or "--help" in args or "-h" in args:
        config._parser.optparser.print_help()
        sys.stdout.write("\nNOTE: displaying only minimal help due to UsageError.\n\n")


def excuse_conftest_failure(config, exception):
    from _pytest.config import ConftestImportFailure

    from ._warnings import warn_from_engine

    if not isinstance(exception, ConftestImportFailure):
        raise exception
    warn_from_engine(config, "PytestConfigWarning", f"could not load initial conftests: {exception.path}")


def open_streams():
    """Somebody started the run with stdout or stderr closed: nobody reads what goes there."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number: this one
    if sys.stdout is None:
        sys.stdout = sys.__stdout__ = open(1, "w", encoding="utf-8", closefd=False)
    if sys.stderr is None:
        sys.stderr = sys.__stderr__ = open(2, "w", encoding="utf-8", closefd=False)


def silence_stdout():
    """After a broken pipe: what is still buffered must not fail again when Python exits."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())


def notify_exception(config, excinfo, option=None):
    style = "long" if option and getattr(option, "fulltrace", False) else "native"
    shown = excinfo.getrepr(funcargs=True, showlocals=getattr(option, "showlocals", False), style=style)
    if any(config.hook.pytest_internalerror(excrepr=shown, excinfo=excinfo)):
        return
    for line in str(shown).split("\n"):
        sys.stderr.write(f"INTERNALERROR> {line}\n")
        sys.stderr.flush()
