"""Reads C files as far as the structure checks need: comments and literals blanked out, functions found."""
import re

_TOKEN = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL)
_NAME = re.compile(r"([A-Za-z_]\w*)\s*\($")


def blanked(text):
    """The text with every comment and literal turned into spaces; lines and columns stay."""
    return _TOKEN.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)


def functions(text):
    """(name, first line, last line, parameter text) of each function body. The style puts its braces in column 0."""
    lines = blanked(text).split("\n")
    start = None
    for number, line in enumerate(lines):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start is not None:
            head = _head_above(lines, start)
            if head:
                yield (*head, start + 1, number + 1)
            start = None


def _head_above(lines, brace):
    """Name and parameters of the function whose body opens on that line, or None."""
    first = brace
    while first > 0 and lines[first - 1].strip() and not lines[first - 1].rstrip().endswith((";", "}")):
        first -= 1
    head = " ".join(line.strip() for line in lines[first:brace])
    opening = head.find("(")
    name = _NAME.search(head[: opening + 1])
    return (name.group(1), head[opening + 1 : head.rfind(")")]) if name else None
