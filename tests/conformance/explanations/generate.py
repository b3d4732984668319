"""Writes test files with random asserts: expressions of every kind that explanations know, and many that they do not.

usage: generate.py FOLDER FILES SEED
"""

import pathlib
import random
import sys
import warnings

HEAD = '''\
import asyncio
import collections
import dataclasses
import math
import os

GLOBAL = [1, 2, 3]
number_global = 7
_private = {"k": (1, 2)}


def ident(x=None, *args, **kwargs):
    return x


def falsy(*args, **kwargs):
    return 0


class Thing:
    attr = 5
    items = {"a": 1}

    def __init__(self, value=1):
        self.value = value
        self.__hidden = value

    def __repr__(self):
        return f"Thing({self.value!r})"

    def method(self, *args, **kwargs):
        return args or self.value

    def me(self):
        return self

    def check(self, other):
        assert self.__hidden == other
        return True


@dataclasses.dataclass
class Data:
    a: int
    b: object = None


Pair = collections.namedtuple("Pair", "left right")


class NewLines:
    def __repr__(self):
        return "multi\\nline\\n{repr\\n}"


class Broken:
    def __repr__(self):
        raise ValueError("broken repr")


class NoTruth:
    def __bool__(self):
        return False

    def __repr__(self):
        return "<no truth %s %d 100%>"


'''

NAMES = ["a", "b", "s", "lst", "dct", "st", "thing", "none", "flag", "data", "pair", "GLOBAL", "number_global", "_private", "ident",
         "Thing", "math", "newlines", "broken", "notruth", "long_text", "tup"]
SETUP = '''\
    a = {a}
    b = {b}
    s = {s!r}
    lst = [1, 2, {a}]
    dct = {{"x": {a}, "y": [1, {b}]}}
    st = {{{a}, 2, "z"}}
    thing = Thing({b})
    none = None
    flag = {flag}
    data = Data({a}, "d")
    pair = Pair({a}, {b})
    newlines = NewLines()
    broken = Broken()
    notruth = NoTruth()
    long_text = "line\\n" * {b} + "x" * {a} * 20
    tup = ({a}, {b})
'''


class Generator:
    def __init__(self, rng):
        self.rng = rng

    def pick(self, *choices):
        return self.rng.choice(choices)

    def constant(self):
        return self.pick("0", "1", "2", "-1", "3.5", "1e3", "0x1f", "None", "True", "False", "...", "''", "'text'", '"a\\nb"', "'%s %d 100%'",
                         "b'bytes'", "1_000", "2j", "'a' 'b'", "r'\\d'", "'\\u00e9'", "'{x}'", '"""tri"""')

    def opaque(self, depth):
        e = lambda: self.expression(depth - 1)
        return self.pick(
            lambda: f"[{e()}, {e()}]", lambda: f"({e()}, {e()})", lambda: f"{{'k': {e()}}}", lambda: f"lst[{self.pick('0', '-1', ':1', 'a % 3')}]",
            lambda: "dct['x']", lambda: f"({e()} if {e()} else {e()})", lambda: "(lambda q: q)", lambda: f"[q for q in lst if q != {self.constant()}]",
            lambda: "{q: q for q in tup}", lambda: "f'{a}{s!r:>{5}}'", lambda: "(q for q in ())", lambda: "{1, 2}", lambda: "[]", lambda: "{}", lambda: "()",
            lambda: f"[*lst, {e()}]", lambda: "{**dct}", lambda: "s[::-1]", lambda: "_private['k'][0]",
        )()

    def call(self, depth):
        e = lambda: self.expression(depth - 1)
        arguments = []
        for _ in range(self.rng.randint(0, 3)):
            arguments.append(self.pick(lambda: e(), lambda: f"*{self.pick('lst', 'tup', '[1]')}")())
        for name in self.rng.sample(["k", "key", "default"], self.rng.choice([0, 0, 1, 2])):
            arguments.append(f"{name}={e()}")
        if self.rng.random() < 0.1:
            arguments.append("**{'z': 1}")
        callee = self.pick("ident", "falsy", "thing.method", "thing.me().method", "ident(ident)", "(ident)", "Thing().method")
        special = self.pick(
            "len(lst)", "all(q for q in lst)", "any(q > 5 for q in lst)", "isinstance(a, (int, str))", "str(a)", "sorted(lst, reverse=True)",
            "os.path.exists(s)", "math.floor(3.5)", "s.upper()", "s.startswith('te')", "' '.join(str(q) for q in lst)", "dct.get('x', default=1) if 0 else dct.get('x')",
            "hasattr(thing, 'value')", "set(lst)", "dict(a=1)", "Thing(a)", "type(a)", "callable(thing.method)", "bool(notruth)", "repr(data)",
        )
        trailing = self.pick("", "", "", ",") if arguments else ""
        return special if self.rng.random() < 0.4 else f"{callee}({', '.join(arguments)}{trailing})"

    def attribute(self, depth):
        return self.pick("thing.value", "thing.attr", "Thing.attr", "thing.me().value", "math.pi", "data.b", "pair.left", "thing.items['a']", "s.strip",
                         "thing.method", "os.sep", "ident.__name__", "(a).real", "ident(thing).value", "a.real.imag", "Thing(b).me().me().value")

    def walrus(self, depth):
        name = self.pick("w1", "w2", "a", "s")
        return f"({name} := {self.expression(depth - 1)})"

    def atom(self, depth):
        roll = self.rng.random()
        if roll < 0.4 or depth <= 0:
            return self.rng.choice(NAMES)
        if roll < 0.6:
            return self.constant()
        if roll < 0.75:
            return self.call(depth)
        if roll < 0.88:
            return self.attribute(depth)
        if roll < 0.92:
            return self.walrus(depth)
        return self.opaque(depth)

    def compare(self, depth):
        e = lambda: self.operand(depth - 1)
        operator = self.pick("==", "==", "==", "!=", "<", "<=", ">", ">=", "is", "is not", "in", "not in")
        text = f"{e()} {operator} {e()}"
        if self.rng.random() < 0.12:
            text += f" {self.pick('==', '<', '!=', 'is not')} {e()}"
        return text

    def operand(self, depth):
        text = self.expression(depth)
        needs = any(f" {word} " in f" {text} " for word in ("and", "or", "not", "if", "lambda", "in", "is", "==", "!=", "<", ">", "<=", ">="))
        return f"({text})" if needs else text

    def arithmetic(self, depth):
        e = lambda: self.operand(depth - 1)
        return f"{e()} {self.pick('+', '-', '*', '/', '//', '%', '|', '&', '^', '<<', '>>', '**', '@')} {e()}"

    def expression(self, depth):
        roll = self.rng.random()
        if depth <= 0 or roll < 0.35:
            text = self.atom(depth)
        elif roll < 0.6:
            text = self.compare(depth)
        elif roll < 0.7:
            text = f" {self.pick('and', 'or')} ".join(self.operand(depth - 1) if self.rng.random() < 0.5 else self.expression(depth - 1) for _ in range(self.rng.randint(2, 3)))
        elif roll < 0.8:
            text = f"not {self.operand(depth - 1)}"
        elif roll < 0.9:
            text = self.arithmetic(depth)
        else:
            text = f"{self.pick('-', '~', '+')}{self.operand(depth - 1)}"
        if self.rng.random() < 0.08:
            text = f"({text})"
        return text

    def message(self):
        return self.pick("", "", "", ", 'message'", ", f'{a} %d'", ", 'two\\nlines'", ", a", ", newlines", ", ('m', 1)", ", ident('m')", ", notruth", ", long_text", ", ''", ", None")

    def statement(self):
        text = self.expression(self.rng.randint(1, 4))
        message = self.message()
        roll = self.rng.random()
        if roll < 0.1:
            return f"assert (\n        {text}\n    ){message}"
        if roll < 0.15:
            return f"assert {text} \\\n        {message}" if message else f"assert {text}  # comment"
        return f"assert {text}{message}"


def works(function):
    """Whether the asserts may be kept: compiles."""
    try:
        compile(function, "x", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def main():
    warnings.simplefilter("ignore")
    folder, files, seed = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(files):
        rng = random.Random(seed * 100003 + number)
        generator = Generator(rng)
        parts = [HEAD]
        for case in range(40):
            setup = SETUP.format(a=rng.randint(0, 3), b=rng.randint(0, 9), s=rng.choice(["", "text", "te%xt", "a\nb"]), flag=rng.random() < 0.5)
            prefix = rng.choice(["def", "def", "def", "async def"])
            body = f"def check_{case}():\n{setup}    {generator.statement()}\n"
            if not works(body):
                continue
            if prefix == "async def":
                body = f"async def co_{case}():\n" + body.split("\n", 1)[1] + f"\n\ndef check_{case}():\n    asyncio.run(co_{case}())\n"
            parts.append(body + f"\n\ndef test_{case}():\n    try:\n        check_{case}()\n    except Exception:\n        pass\n\n\n")
        (folder / f"test_generated_{number}.py").write_text("".join(parts))


main()
