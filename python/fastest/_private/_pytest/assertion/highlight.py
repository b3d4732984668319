"""Highlighting for those who have none."""


def dummy_highlighter(source, lexer="python"):
    """Gives back what it gets."""
    return source
