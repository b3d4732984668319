"""Makes projects at random, and holds what discovery calls exact in them against what pytest collects.

    random_projects.py --pytest PYTHON --dump PROGRAM [--first SEED] [--count N] [--keep FOLDER]

The same seed makes the same project. With --keep, those that differ stay there.
"""

import argparse
import os
import pathlib
import random
import re
import shutil
import sys
import tempfile

import compare

VALUES = """0 1 -5 1_000 0x1F 3.5 -0.0 1e20 1e-7 2j True False None ... 'a' "bc" 'ü' '\\n' '\\\\' '' 'a-b' '1' b'x' b'\\xff'
    [1,2] (1,) {} {'k':1} {1} int str len ValueError NotImplemented lambda:0 Helper helper_function Color.RED Level.LOW
    Word.UP float('inf') object() Helper(1) frozenset() range(3) CONSTANT TEXT r'\\d' 'é'*1 'x'*101 f'a' 'a'"b" re.compile('x+')
    Decimal('1') Path('x') dict() ValueError('x') partial(int)""".split()
VALUES += [
    "'" + "y" * 101 + "'",
    "'" + "z" * 100 + "'",
    "'\U0001f600'",
    "'tab\\there'",
    "12345678901234567890123",
    "'nul\\x00'",
    "'\\x7f'",
    "(1, 'a')",
    "'with space'",
    "'[x]'",
    "'::'",
]
SAFE_VALUES = [value for value in VALUES if not value.startswith(("Helper", "helper", "Color", "Level", "Word", "CON", "TEXT"))]
SCOPES = ["function", "class", "module", "package", "session"]

HELPERS = '''
import enum, functools, os, re, sys, unittest
from abc import ABC, abstractmethod, ABCMeta
from decimal import Decimal
from functools import partial, wraps
from pathlib import Path
import pytest

CONSTANT = 7
TEXT = 'text'
CASES = [1, 2, 'three']
CHANGED = [1]
CHANGED.append(2)
slow = pytest.mark.slow
skipped = pytest.mark.skip(reason='x')
with_numbers = pytest.mark.parametrize('a', [10, 20])

class Helper:
    def __init__(self, x=None):
        self.x = x

class Named:
    __name__ = 'named'

class Color(enum.Enum):
    RED = 1
    BLUE = 2
    CRIMSON = 1

class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2

class Word(str, enum.Enum):
    UP = 'up'
    DOWN = 'down'

def helper_function():
    pass

def unchanged(f):
    return f

def wrapped(f):
    @functools.wraps(f)
    def inner(*args, **kwargs):
        return f(*args, **kwargs)
    return inner

def replaced(f):
    def inner(a=1):
        return f
    return inner

def replaced_by_fixture(f):
    def inner(one):
        return f
    return inner

def marked(f):
    return pytest.mark.slow(f)

def untested(f):
    f.__test__ = False
    return f

def factory(x):
    def decorator(f):
        return f
    return decorator

def factory_of_wraps(x=1):
    def decorator(f):
        @wraps(f)
        def inner(*args, **kwargs):
            return f(*args, **kwargs)
        return inner
    return decorator

class Mixin:
    def test_mixin(self): pass
    def test_second(self): pass
    def helper(self): pass

class Base(unittest.TestCase):
    def test_base(self): pass
    def test_overridden(self): pass

class AbstractTests(ABC):
    @abstractmethod
    def make(self): ...
    def test_abstract(self): pass

class MetaTests(metaclass=ABCMeta):
    def test_meta(self): pass

def test_from_helpers(): pass

class TestFromHelpers:
    def test_in_class(self): pass

@pytest.fixture(params=['h1', 'h2'])
def from_helpers(request): return request.param

@pytest.fixture
def plain_from_helpers(): pass
'''


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.counter = 0

    def chance(self, share):
        return self.random.random() < share

    def pick(self, items):
        return self.random.choice(list(items))

    def some(self, items, most=3):
        return [self.pick(items) for _ in range(self.random.randint(0, most))]

    def name(self, prefix):
        self.counter += 1
        return f"{prefix}{self.random.choice(['', '_x', 'B'])}{self.counter}"

    def values(self, is_safe=False, least=0, most=4):
        return [self.pick(SAFE_VALUES if is_safe else VALUES) for _ in range(self.random.randint(least, most))]

    # ---- Fixtures ----

    def fixture_arguments(self, is_safe):
        words = []
        if self.chance(0.5):
            words.append(f"params=[{', '.join(self.param_set(1, is_safe) for _ in range(self.random.randint(0, 3)))}]")
            if self.chance(0.2):
                words.append("ids=" + self.pick(["str", "repr", "None", "lambda v: None"]))
        if self.chance(0.3):
            words.append(f"scope={self.pick(SCOPES[: self.pick([1, 3, 3, 5])])!r}")
        if self.chance(0.15):
            words.append(f"autouse={self.pick(['True', 'True', 'False'])}")
        if self.chance(0.1):
            words.append(f"name={self.pick(['one', 'two', 'renamed'])!r}")
        return ", ".join(words)

    def fixture(self, indent, name, is_safe, is_method=False):
        arguments = self.fixture_arguments(is_safe)
        asked = ["self"] if is_method else []
        asked += self.pick([["request"], ["request"], ["request", "tmp_path"], []])
        # Only narrower ones may be asked for: names later in the alphabet are wider.
        if "scope" not in arguments and self.chance(0.4):
            asked += sorted(set(self.some(["one", "two", "three", name], 2)))
        call = f"({arguments})" if arguments or self.chance(0.3) else ""
        return [f"{indent}@pytest.fixture{call}", f"{indent}def {name}({', '.join(asked)}):", f"{indent}    pass", ""]

    # ---- Parametrization ----

    def param_set(self, count, is_safe=False):
        values = [self.pick(SAFE_VALUES if is_safe else VALUES) for _ in range(count)]
        if self.chance(0.25):
            words = list(values)
            if self.chance(0.5):
                words.append(f"id={self.pick(['None', repr('given'), repr('giv é'), repr('x') , repr('1')])}")
            if self.chance(0.4):
                words.append(f"marks={self.pick(['pytest.mark.skip', '[pytest.mark.slow, pytest.mark.xfail]', '()'])}")
            return f"pytest.param({', '.join(words)})"
        if count == 1:
            return values[0]
        return self.pick(["({})", "[{}]"]).format(", ".join(values))

    def parametrize(self, names):
        count = len(names)
        sets = [self.param_set(count) for _ in range(self.pick([0, 1, 2, 2, 3]))]
        if count == 1 and self.chance(0.2):
            values = self.pick(["CASES", "CHANGED", "range(3)", "[]", "(1, 2)", "list(CASES)", "[*CASES]", "[1] + [2]"])
        else:
            values = f"[{', '.join(sets)}]"
        first = self.pick([repr(", ".join(names)), repr(",".join(names)), repr(list(names)), repr(tuple(names))])
        if first.startswith(("[", "(")) and count == 1:
            first = repr(names[0])
        words = [first, values]
        if self.chance(0.25) and values.startswith("["):
            number = len(sets)
            ids = [self.pick(["'i'", "'j'", "None", "1", "2.5", "True", "'é'", "int", "b'z'"]) for _ in range(number)]
            words.append(f"ids={self.pick(['str', 'repr', '[' + ', '.join(ids) + ']', 'None', 'lambda v: v'])}")
        if self.chance(0.15):
            words.append(f"scope={self.pick(SCOPES[:3])!r}")
        if self.chance(0.1) and all(name in ("one", "two", "three") for name in names):
            words.append(f"indirect={self.pick(['True', repr(list(names)), 'False'])}")
        return f"@pytest.mark.parametrize({', '.join(words)})"

    # ---- Tests ----

    def test(self, indent, name, is_method=False):
        lines = []
        arguments = []
        for word in ("one", "two", "three", "from_helpers", "plain_from_helpers", "tmp_path", "unheard_of", "renamed"):
            if self.chance(0.15):
                arguments.append(word)
        own = [f"p{i}" for i in range(self.random.randint(0, 3) if self.chance(0.6) else 0)]
        used = list(own)
        while used:
            count = self.random.randint(1, len(used))
            lines.append(indent + self.parametrize(used[:count]))
            used = used[count:]
        if self.chance(0.1) and arguments and arguments[0] in ("one", "two", "three"):
            lines.append(indent + self.parametrize([arguments[0]]))
        if self.chance(0.1):
            lines.append(indent + "@with_numbers")
            own.append("a")
        if self.chance(0.3):
            lines.append(
                indent
                + self.pick(
                    [
                        "@pytest.mark.slow",
                        "@slow",
                        "@skipped",
                        "@pytest.mark.skipif(sys.version_info < (3, 0), reason='x')",
                        "@pytest.mark.usefixtures('two')",
                        "@pytest.mark.usefixtures('three', 'one')",
                        "@unchanged",
                        "@wrapped",
                        "@replaced",
                        "@replaced_by_fixture",
                        "@marked",
                        "@untested",
                        "@factory(1)",
                        "@factory_of_wraps()",
                        "@functools.lru_cache",
                        "@unittest.skip('x')",
                        "@helpers.unchanged",
                        "@staticmethod",
                        "@classmethod" if is_method else "@unchanged",
                        "@property" if is_method else "@slow",
                        "@pytest.fixture",
                    ]
                )
            )
        mocks = []
        if self.chance(0.08):
            lines.append(indent + self.pick(["@mock.patch('os.getcwd')", "@mock.patch('os.getcwd', new=1)", "@mock.patch.object(os, 'getcwd')"]))
            mocks = [] if "new" in lines[-1] else ["mocked"]
        if self.chance(0.3):
            self.random.shuffle(lines)
        words = mocks + arguments + own
        if self.chance(0.1):
            words.append("default=1")
        if is_method:
            words.insert(0, "self")
        prefix = self.pick(["", "", "", "", "async "])
        lines.append(f"{indent}{prefix}def {name}({', '.join(words)}):")
        lines.append(f"{indent}    pass")
        lines.append("")
        return lines

    def test_name(self, known):
        if known and self.chance(0.1):
            return self.pick(known)
        name = self.name(self.pick(["test_", "test_", "test_", "test", "check_", "_test", "Test"]))
        known.append(name)
        return name

    def guarded(self, lines):
        head = self.pick(
            [
                "if sys.version_info >= (3, 8):",
                "if sys.version_info < (3, 8):",
                "if sys.platform == 'win32':",
                "if sys.platform.startswith('linux'):",
                "if os.environ.get('NEVER_SET_AT_ALL'):",
                "if True:",
                "if False:",
                "if TYPE_CHECKING:",
                "for _ in range(1):",
                "try:",
                "with open(os.devnull):",
                "if __name__ == '__main__':",
                "if not TYPE_CHECKING:",
            ]
        )
        inner = ["    " + line for line in lines if line]
        if head == "try:":
            return [head, *inner, "except ImportError:", "    pass", ""]
        if head.startswith("if") and self.chance(0.3):
            return [head, *inner, "else:", "    other = 1", ""]
        return [head, *inner, ""]

    def class_body(self, indent, depth, is_unittest):
        lines = []
        known = []
        if self.chance(0.1):
            lines.append(f"{indent}__test__ = {self.pick(['True', 'False', 'None'])}")
        if self.chance(0.15):
            lines.append(
                indent
                + self.pick(
                    [
                        "pytestmark = pytest.mark.slow",
                        "pytestmark = [pytest.mark.slow, skipped]",
                        "pytestmark = pytest.mark.usefixtures('one')",
                    ]
                )
            )
        if self.chance(0.06):
            lines += [f"{indent}def __init__(self{self.pick(['', ', *args', ', name=1'])}):", f"{indent}    pass"]
        if self.chance(0.3):
            lines += self.fixture(indent, self.pick(["one", "two", "three", "inner"]), False, True)
        for _ in range(self.random.randint(0, 4)):
            kind = self.random.random()
            if is_unittest and kind < 0.75:
                lines += [f"{indent}def {self.test_name(known)}(self):", f"{indent}    pass"]
            elif kind < 0.7:
                lines += self.test(indent, self.test_name(known), True)
            elif kind < 0.78 and depth < 3:
                lines += self.test_class(indent, depth + 1)
            elif kind < 0.85 and known:
                lines.append(f"{indent}{self.pick(['test_alias', 'alias', self.pick(known)])} = {self.pick(known)}")
            elif kind < 0.9 and known:
                lines.append(f"{indent}{self.pick(known)} = {self.pick(['None', '1', 'len'])}")
            else:
                lines.append(f"{indent}attribute = {self.pick(VALUES)}")
        lines.append(f"{indent}pass")
        return lines

    def test_class(self, indent, depth=0):
        name = self.name(self.pick(["Test", "Test", "Test", "Check", "test", "Tests"]))
        bases = self.pick(
            [[], [], [], [], ["Mixin"], ["object"], ["Base"], ["unittest.TestCase"], ["Mixin", "Base"], ["AbstractTests"],
             ["MetaTests"], ["ABC"], ["helpers.Mixin"], ["TestFromHelpers"], ["Helper"], ["Color.__base__"], ["dict"]]
        )
        if not indent and self.classes and self.chance(0.3):
            bases = [self.pick(self.classes)]
        lines = []
        if self.chance(0.12):
            lines.append(
                indent
                + self.pick(["@pytest.mark.slow", "@skipped", "@unittest.skip('x')", "@pytest.mark.usefixtures('two')",
                             "@unchanged", "@functools.total_ordering", "@dataclasses.dataclass", "@with_numbers"])
            )
        is_unittest = any("Base" in base or "TestCase" in base for base in bases)
        lines.append(f"{indent}class {name}{'(' + ', '.join(bases) + ')' if bases else ''}:")
        lines += self.class_body(indent + "    ", depth, is_unittest)
        lines.append("")
        if not indent:
            self.classes.append(name)
        return lines

    def test_module(self):
        self.classes = []
        known = []
        lines = ["from typing import TYPE_CHECKING", "import dataclasses, enum, functools, os, re, sys, unittest", "from unittest import mock",
                 "from decimal import Decimal", "from functools import partial", "from pathlib import Path", "from abc import ABC", "import pytest", "import helpers"]
        if self.chance(0.15):
            lines.append("from helpers import *")
        else:
            lines.append("from helpers import (CASES, CHANGED, CONSTANT, TEXT, AbstractTests, Base, Color, Helper, Level, MetaTests,")
            lines.append("    Mixin, Word, factory, factory_of_wraps, helper_function, marked, replaced, replaced_by_fixture, skipped, slow,")
            lines.append("    unchanged, untested, with_numbers, wrapped, TestFromHelpers)")
            if self.chance(0.3):
                lines.append("from helpers import from_helpers, plain_from_helpers, test_from_helpers")
            if self.chance(0.1):
                lines.append("from helpers import test_from_helpers as test_other, Mixin as TestMixin")
        if self.chance(0.15):
            lines += ["try:", f"    import {self.pick(['json', 'nowhere_to_be_found'])} as something", "except ImportError:", "    something = None"]
        if self.chance(0.1):
            lines.append(f"pytestmark = {self.pick(['pytest.mark.slow', '[skipped, slow]', 'pytest.mark.usefixtures(' + repr('three') + ')'])}")
        lines.append("")
        for _ in range(self.random.randint(1, 7)):
            kind = self.random.random()
            if kind < 0.45:
                part = self.test("", self.test_name(known))
            elif kind < 0.6:
                part = self.fixture("", self.pick(["one", "two", "three", "extra"]), False)
            elif kind < 0.85:
                part = self.test_class("")
            elif kind < 0.88 and known:
                part = [f"del {self.pick(known)}"] if self.chance(0.5) else [f"test_alias = {self.pick(known)}"]
            elif kind < 0.91 and known:
                part = [f"{self.pick(known)}.__test__ = {self.pick(['True', 'False'])}"]
            elif kind < 0.93 and self.classes:
                part = [f"{self.pick(self.classes)}.__test__ = False"]
            elif kind < 0.95:
                part = [f"{self.pick(['test_value', 'TestValue', 'value'])} = {self.pick(VALUES)}"]
            else:
                part = [f"{self.pick(known)} = None"] if known else ["pass"]
            lines += self.guarded(part) if self.chance(0.12) else part
        return lines

    def conftest(self):
        lines = ["import pytest, re", "from decimal import Decimal", "from functools import partial", "from pathlib import Path", ""]
        for name in self.some(["one", "two", "three", "auto"], 4):
            lines += self.fixture("", name, True)
        if self.chance(0.1):
            lines += ["def pytest_configure(config):", "    config.addinivalue_line('markers', 'slow: x')"]
        return lines

    def project(self, folder):
        (folder / "helpers.py").write_text(HELPERS)
        settings = ["[pytest]", "pythonpath = ."]
        if self.chance(0.1):
            settings.append(f"python_functions = {self.pick(['check_* test', 'test check', '*_x*'])}")
        if self.chance(0.1):
            settings.append(f"python_classes = {self.pick(['Test Check', '*', 'Check*'])}")
        if self.chance(0.05):
            settings.append(f"usefixtures = {self.pick(['one', 'two'])}")
        if self.chance(0.05):
            settings.append("disable_test_id_escaping_and_forfeit_all_rights_to_community_support = true")
        if self.chance(0.05):
            settings.append(f"addopts = --import-mode={self.pick(['importlib', 'append'])}")
        (folder / "pytest.ini").write_text("\n".join(settings) + "\n")
        if self.chance(0.6):
            (folder / "conftest.py").write_text("\n".join(self.conftest()))
        for i in range(self.random.randint(1, 3)):
            place = folder / self.pick([".", ".", "sub", "sub/deep", "pkg"])
            place.mkdir(parents=True, exist_ok=True)
            if place.name == "pkg" or self.chance(0.2) and place != folder:
                (place / "__init__.py").write_text("")
            if place != folder and self.chance(0.5):
                (place / "conftest.py").write_text("\n".join(self.conftest()))
            (place / f"test_{self.pick('abc')}{i}.py").write_text("\n".join(self.test_module()) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pytest", required=True)
    parser.add_argument("--dump", required=True)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--keep", type=pathlib.Path)
    options = parser.parse_args()
    options.pytest, options.dump = os.path.abspath(options.pytest), os.path.abspath(options.dump)
    bad = exact_count = total = 0
    for seed in range(options.first, options.first + options.count):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name, "project")
            folder.mkdir()
            Maker(seed).project(folder)
            collected, output = compare.ask_pytest(options.pytest, folder, [])
            # Much of what chance makes cannot be imported, in ways that only running it tells.
            broken = set(re.findall(r"^ERROR ([^ :]+\.py)(?: - |$)", output, re.M)) | (
                {"conftest.py"} if "while loading conftest" in output else set()
            )
            exact, everything, files, _ = compare.ask_discovery(options.dump, options.pytest, folder, [])
            if "conftest.py" in broken:
                exact = []
            exact = [test for test in exact if test.split("::")[0] not in broken]
            problems = list(compare.differences(collected, exact, everything, files))
            exact_count += len(exact)
            total += len(collected)
            for line in problems[:4]:
                print(f"seed {seed}: {line}", flush=True)
            bad += bool(problems)
            if problems and options.keep:
                shutil.copytree(folder, options.keep / str(seed), dirs_exist_ok=True)
    print(f"{options.count} projects, {bad} differ; {exact_count} of {total} tests exact")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
