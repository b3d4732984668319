"""The TOML reader against tomllib, over generated documents and over damaged ones."""

import os
import random
import sys

import pytest

tomllib = pytest.importorskip("tomllib")

sys.setdlopenflags(os.RTLD_LAZY)
from fastest import _fastest  # noqa: E402

KEYS = ["a", "b", "key-1", "under_score", '"quoted key"', "'literal'", '"\\u00e9"', "1", "a.b", "a . c", "b.'x.y'.z"]
GOOD = [
    '"text"', '"a\\tb\\n\\"\\\\ \\u20ac \\U0001F600"', "'raw \\n'", '"""one\ntwo \\\n   three"""',
    '"""quotes "" inside"""', "'''lit\n'' eral'''", '"""x"""""', "0", "-17", "+99", "1_000", "0xDEAD_beef", "0o17",
    "0b1010", "1.5", "-0.01", "5e+22", "1e06", "6.626e-34", "inf", "-inf", "nan", "true", "false", '""', "''",
    "1979-05-27T07:32:00Z", "1979-05-27T00:32:00.999999-07:00", "1979-05-27 07:32:00", "1979-05-27", "07:32:00.5",
]
BAD = [
    "01", "1__0", "_1", "1.", ".5", "1e", "0x", "2024-02-30", "25:00:00", "truth", '"open', "'''open", '"\\q"',
    '"\\ud800"', "1979-13-01", "+0x1", "0xg", "--1", "1_", "1_.0", "1e_5", "", "1979-05-27T07:32",
]
BLANKS = ["", " ", "\t", "  "]
DAMAGE = "[]{}=.,'\"\\#\n\r\x00\x7f \t_-+0:eTZ"


def make_value(rng, depth=0):
    kind = rng.random()
    if depth < 3 and kind < 0.15:
        items = [make_value(rng, depth + 1) for _ in range(rng.randrange(4))]
        separator = rng.choice([", ", ",", ",\n  ", ", # note\n"])
        return "[" + separator.join(items) + (rng.choice(["", ",", "\n"]) if items else "") + "]"
    if depth < 3 and kind < 0.3:
        return "{" + ", ".join(make_pair(rng, depth + 1) for _ in range(rng.randrange(4))) + "}"
    return rng.choice(GOOD if rng.random() < 0.97 else BAD)


def make_pair(rng, depth=0):
    blank = rng.choice(BLANKS)
    key = rng.choice(KEYS) if rng.random() < 0.6 else f"k{rng.randrange(50)}"
    return f"{key}{blank}={blank}{make_value(rng, depth)}"


def make_line(rng):
    kind = rng.random()
    if kind < 0.12:
        return f"[{rng.choice(BLANKS)}{rng.choice(KEYS)}{rng.choice(BLANKS)}]"
    if kind < 0.2:
        return f"[[{rng.choice(KEYS)}]]"
    return "# a comment" if kind < 0.25 else make_pair(rng)


def make_document(rng):
    newline = rng.choice(["\n", "\n", "\r\n"])
    return newline.join(make_line(rng) for _ in range(rng.randrange(1, 8))) + rng.choice(["", newline])


def damage(rng, text):
    letters = list(text)
    for _ in range(rng.randrange(1, 3)):
        at = rng.randrange(len(letters) + 1)
        action = rng.randrange(3)
        if action == 0 or at == len(letters):
            letters.insert(at, rng.choice(DAMAGE))
        elif action == 1:
            del letters[at]
        else:
            letters[at] = rng.choice(DAMAGE)
    return "".join(letters)


def theirs(text):
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None


def test_reader_agrees_with_tomllib():
    rng = random.Random(int(os.environ.get("TOML_SEED", "7")))
    good = 0
    for _ in range(int(os.environ.get("TOML_ROUNDS", "4000"))):
        text = make_document(rng)
        if rng.random() < 0.4:
            text = damage(rng, text)
        expected = theirs(text)
        assert repr(_fastest._parse_toml(text)) == repr(expected), text
        good += expected is not None
    assert good > 100
