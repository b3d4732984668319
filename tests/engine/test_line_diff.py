"""line_diff() is difflib.ndiff()."""

import difflib
import random

from fastest import _fastest

CHARACTERS = ["a", "b", "c", "x", " ", "\t", "\u3000", "\xe9", "{", "}", ",", "1"]


def random_line(rng):
    length = rng.choice([0, 1, 3, 8, 20, 60, 250])
    characters = CHARACTERS[: rng.choice([3, 6, len(CHARACTERS)])]
    return "".join(rng.choice(characters) for _ in range(rng.randint(0, length))) + rng.choice(["\n", ""])


def changed(rng, line):
    letters = list(line)
    for _ in range(rng.randint(0, 4)):
        if letters and rng.random() < 0.5:
            del letters[rng.randrange(len(letters))]
        else:
            letters.insert(rng.randint(0, len(letters)), rng.choice(CHARACTERS))
    return "".join(letters)


def test_random_lines():
    rng = random.Random(5)
    for _ in range(400):
        a = [random_line(rng) for _ in range(rng.randint(0, 8))]
        b = [changed(rng, line) if rng.random() < 0.5 else line for line in a if rng.random() < 0.85]
        assert _fastest.line_diff(a, b) == list(difflib.ndiff(a, b))


def test_popular_lines():
    rng = random.Random(6)
    a = [rng.choice("abcdef") + "\n" for _ in range(400)]
    b = [rng.choice("abcdefg") + "\n" for _ in range(400)]
    assert _fastest.line_diff(a, b) == list(difflib.ndiff(a, b))
