"""The terminal writer is C; here is what stands on Pygments, imported when something is to be highlighted."""

import os

from fastest._fastest import TerminalWriter
from fastest._fastest import get_terminal_width
from fastest._fastest import should_do_markup


__all__ = ["TerminalWriter", "get_terminal_width", "should_do_markup"]

TerminalWriter._esctable = {
    "black": 30,
    "red": 31,
    "green": 32,
    "yellow": 33,
    "blue": 34,
    "purple": 35,
    "cyan": 36,
    "white": 37,
    "Black": 40,
    "Red": 41,
    "Green": 42,
    "Yellow": 43,
    "Blue": 44,
    "Purple": 45,
    "Cyan": 46,
    "White": 47,
    "bold": 1,
    "light": 2,
    "blink": 5,
    "invert": 7,
}


def _make_lexer(name):
    if name == "diff":
        from pygments.lexers.diff import DiffLexer

        return DiffLexer()
    from pygments.lexers.python import PythonLexer

    return PythonLexer()


def _make_formatter():
    from pygments.formatters.terminal import TerminalFormatter
    from pygments.util import ClassNotFound
    from pygments.util import OptionError

    from _pytest.config.exceptions import UsageError

    theme = os.getenv("PYTEST_THEME")
    mode = os.getenv("PYTEST_THEME_MODE", "dark")
    try:
        return TerminalFormatter(bg=mode, style=theme)
    except ClassNotFound as error:
        raise UsageError(
            f"PYTEST_THEME environment variable has an invalid value: '{theme}'. "
            "Hint: See available pygments styles with `pygmentize -L styles`."
        ) from error
    except OptionError as error:
        raise UsageError(
            f"PYTEST_THEME_MODE environment variable has an invalid value: '{mode}'. "
            "The allowed values are 'dark' (default) and 'light'."
        ) from error


def _highlight_with_pygments(source, lexer="python"):
    """Colours for a terminal; without Pygments the source as it is."""
    try:
        from pygments import highlight
    except ImportError:
        return source
    text = highlight(source, _make_lexer(lexer), _make_formatter())
    if text.endswith("\n") and not source.endswith("\n"):
        text = text[:-1]
    # A lexer need not set a colour for its first token: whatever colour is on would run into it.
    return "\x1b[0m" + text
