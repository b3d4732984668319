"""Makes every assert statement of a source file tell what it says when it fails, and go on.

`assert E, M` becomes `try: assert E, M` and `except AssertionError as e: record(e)`; negated, it is `assert not (E), M`.
Only statements that have their lines to themselves are changed; the number of those that have not is reported.
"""

import ast

RECORD = "_explanation_record"


def line_offsets(source):
    offsets = [0]
    for line in source.splitlines(keepends=True):
        offsets.append(offsets[-1] + len(line))
    return offsets


def transform(source, path, negated):
    """The changed source (bytes), and how many statements were changed and left alone. None: no Python, or no UTF-8."""
    try:
        module = ast.parse(source)
        source.decode()
    except (SyntaxError, ValueError, RecursionError):
        return None
    if source.startswith(b"\xef\xbb\xbf") or b"\f" in source or b"\r" in source:
        return None
    offsets = line_offsets(source)

    def position(line, column):
        return offsets[line - 1] + column

    edits = []
    skipped = 0
    for node in ast.walk(module):
        if not isinstance(node, ast.Assert):
            continue
        start = position(node.lineno, node.col_offset)
        end = position(node.end_lineno, node.end_col_offset)
        indent = source[offsets[node.lineno - 1] : start]
        rest = source[end : offsets[node.end_lineno]].strip()
        if indent.strip(b" \t") or (rest and not rest.startswith(b"#")):
            skipped += 1
            continue
        edits.append((start, 0, b"try: "))
        if negated:
            test_start = position(node.test.lineno, node.test.col_offset)
            test_end = position(node.test.end_lineno, node.test.end_col_offset)
            # Parentheses around the test are not part of its node.
            before = source[start + len(b"assert") : test_start]
            opened = before.count(b"(")
            at = test_end
            for _ in range(opened):
                at = source.index(b")", at) + 1
            edits.append((start + len(b"assert"), 0, b" not ("))
            edits.append((at, 0, b")"))
        handler = f"\n{indent.decode()}except AssertionError as _explanation_error: {RECORD}(_explanation_error, {path!r}, {node.lineno})"
        line_end = offsets[node.end_lineno]
        if source[line_end - 1 : line_end] == b"\n":
            line_end -= 1
        edits.append((line_end, 1, handler.encode()))
    result = bytearray()
    copied = 0
    for at, _, text in sorted(edits, key=lambda edit: edit[:2]):
        result += source[copied:at] + text
        copied = at
    result += source[copied:]
    count = sum(edit[2] == b"try: " for edit in edits)
    try:
        ast.parse(bytes(result))
    except (SyntaxError, ValueError):
        return None
    return bytes(result), count, skipped
