"""Random test projects: valid or nearly valid Python that uses, mixes and abuses what collection depends on."""
import pathlib
import random
import textwrap

import idioms

NAMES = ["alpha", "beta", "gamma", "delta", "one", "two", "x", "Ünï", "_inner", "a1"]
SCOPES = ["function", "class", "module", "package", "session"]


class Writer:
    """One module's text, indented as it grows."""

    def __init__(self, random_source):
        self.random = random_source
        self.lines = []
        self.depth = 0

    def add(self, text):
        text = textwrap.dedent(text).strip("\n") if text.startswith("\n") else text
        for line in text.split("\n"):
            self.lines.append("    " * self.depth + line if line else "")

    def chance(self, percent):
        return self.random.random() * 100 < percent

    def pick(self, *items):
        return self.random.choice(items)

    def text(self):
        return "\n".join(self.lines) + "\n"


class Module(Writer):
    """A test module, a conftest or a helper, by what it defines."""

    def __init__(self, random_source, fixtures, helpers, is_package):
        super().__init__(random_source)
        self.fixtures = list(fixtures)  # names that are visible here
        self.helpers = helpers
        self.is_package = is_package
        self.functions = []
        self.classes = []
        self.constants = []
        self.number = 0
        self.count = None  # of the values made last
        self.piece_share = random_source.choice([0, 0, 30, 100])  # of idioms.PIECES, in percent
        self.is_guarded = False  # under a condition: what is defined may not be there

    # ---- Pieces ----

    def name(self, prefix):
        self.number += 1
        base = self.pick(*NAMES) if self.chance(60) else f"n{self.number}"
        return f"{prefix}{base}"

    def literal(self, depth=0):
        kind = self.random.randrange(16 if depth < 2 else 10)
        if kind == 0:
            return str(self.random.randrange(-5, 1000))
        if kind == 1:
            return self.pick("1.5", "-0.25", "1e10", "1e-7", ".5", "0x1F", "0b101", "1_000", "3j", "100000000000000000000000")
        if kind == 2:
            return self.pick("True", "False", "None", "...", "NotImplemented")
        if kind in (3, 4, 5):
            return self.pick(
                "'a'", '"two words"', "'a' 'b'", "'é'", "'\\n'", "'\\x00'", "r'\\d'", "''", "'a-b'", "'[x]'", "'::'",
                "'\\u1234'", "'''tri\nple'''" if depth == 0 else "'tri'", "'\\N{BULLET}'", "'a/b'", "u'u'", "'\\ud800'",
                "'" + "long" * 30 + "'",
            )
        if kind == 6:
            return self.pick("b'x'", "b'\\xff'", "rb'\\d'", "b'a' b'b'", "b''")
        if kind == 7 and self.constants:
            return self.random.choice(self.constants)
        if kind == 8:
            return self.pick("int", "str", "dict", "len", "list", "ValueError", "lambda: 0", "object", "print")
        if kind == 9:
            return self.pick("1 + 1", "'a' + 'b'", "2 ** 3", "-(-3)", "not 1", "'%d' % 3", "f'{1}'", "len('ab')", "1 < 2", "+1", "~3")
        items = [self.literal(depth + 1) for _ in range(self.random.randrange(3))]
        if kind in (10, 11):
            return "(" + "".join(item + ", " for item in items) + ")"
        if kind in (12, 13):
            return "[" + ", ".join(items) + "]"
        if kind == 14:
            return "{" + ", ".join(f"{number}: {item}" for number, item in enumerate(items)) + "}"
        return "frozenset(" + "[1]" + ")"

    def values(self, width):
        """The text of an argvalues list."""
        self.count = None
        if width == 1 and self.chance(8) and self.constants:
            return self.random.choice(self.constants)
        if width == 1 and self.chance(4):
            return self.pick("range(3)", "sorted({1, 2})", "[i for i in range(2)]", "()", "[]", "'ab'", "list('xy')", "(1, 2) + (3,)")
        sets = []
        for _ in range(self.random.randrange(1, 5)):
            one = [self.literal() for _ in range(width)]
            value = one[0] if width == 1 else self.pick("({})", "[{}]").format(", ".join(one))
            if self.chance(20):
                extras = ""
                if self.chance(60):
                    extras += ", id=" + self.pick("'named'", "'é'", "None", "'a b'", "''", "'dup'", "pytest.HIDDEN_PARAM", "'x::y'")
                if self.chance(40):
                    extras += ", marks=" + self.pick(
                        "pytest.mark.slow", "[pytest.mark.slow, pytest.mark.xfail]", "pytest.mark.skip(reason='no')", "()"
                    )
                value = "pytest.param(" + ", ".join(one) + extras + ")"
            sets.append(value)
        if self.chance(15):
            sets.append(sets[0])
        self.count = len(sets)
        return self.pick("[{}]", "({},)").format(", ".join(sets))

    def parametrize(self, names):
        names = list(names)
        width = len(names)
        spelled = self.pick("'" + ",".join(names) + "'", "'" + ", ".join(names) + "'", repr(names), repr(tuple(names)))
        if width == 1 and not self.chance(2):
            spelled = repr(names[0])  # a list of one name wants values in tuples
        values = self.values(width)
        ids = ""
        if self.chance(20):
            ids = ", ids=" + self.ids()
        if self.chance(8) and width == 1:
            ids += ", indirect=" + self.pick("True", "False", "[]", repr(names))
        if self.chance(4):
            ids += f", scope={self.random.choice(SCOPES)!r}"
        return f"@pytest.mark.parametrize({spelled}, {values}{ids})"

    def ids(self):
        """The text of ids for the values that were just made."""
        if self.count is None or self.chance(30):
            return self.pick("str", "repr", "lambda value: None", "None", "type", "lambda value: f'<{value}>'")
        if self.chance(3):
            return self.pick("iter(['a'])", "['p', 'q']", "3", "[object()]")
        ids = [self.pick("'p'", "'q'", "'same'", "None", "1", "2.5", "True", "'é'", "'a b'", "''") for _ in range(self.count)]
        return self.pick("[{}]", "[{}]", "({},)").format(", ".join(ids))

    def marks(self):
        return self.pick(
            "@pytest.mark.slow", "@pytest.mark.slow()", "@pytest.mark.skip", "@pytest.mark.xfail(reason='x')", "@pytest.mark.slow(1)",
            "@pytest.mark.skipif(True, reason='x')", "@pytest.mark.usefixtures('tmp_path')", "@slow", "@pytest.mark.timeout(3)",
        )

    # ---- Definitions ----

    def function(self, in_class=False, prefix=None):
        prefix = prefix or self.pick("test_", "test_", "test_", "test_", "test_", "test", "helper_", "check_", "_test_", "Test")
        name = self.name(prefix)
        wanted = []
        taken = []
        decorators = []
        if self.chance(30):
            for _ in range(self.pick(1, 1, 1, 2)):
                names = [f"p{len(taken) + number}" for number in range(self.pick(1, 1, 2, 3))]
                taken += names
                decorators.append(self.parametrize(names))
        if self.chance(25) and self.fixtures:
            wanted.append(self.random.choice(self.fixtures))
            if self.chance(8):
                decorators.append(self.parametrize([wanted[-1]]))  # instead of the fixture
        if self.chance(6):
            wanted.append(self.pick("tmp_path", "capsys", "request", "monkeypatch", "not_there"))
        if self.chance(20):
            decorators.append(self.marks())
        if self.chance(7):
            decorators.append(
                self.pick(
                    "@plain_decorator", "@wrapping_decorator", "@functools.lru_cache", "@staticmethod", "@classmethod",
                    "@property", "@decorator_with(1)", "@typing.no_type_check", "@unittest.skip('x')", "@pytest.fixture",
                    "@unittest.mock.patch('os.getcwd')", "@typing.overload", "@contextlib.contextmanager",
                )
            )
        self.random.shuffle(decorators)
        for decorator in decorators:
            self.add(decorator)
        is_static = "@staticmethod" in decorators
        first = [self.pick("self", "self", "self", "cls")] if in_class and not is_static else []
        parameters = first + list(dict.fromkeys(taken + wanted))
        if self.chance(4):
            parameters.append("given=1")
        if self.chance(2):
            parameters.append("*args")
        if self.chance(2):
            parameters.append("**kwargs")
        keyword = self.pick(*["def"] * 12, "async def")
        self.add(f"{keyword} {name}({', '.join(parameters)}):")
        self.add("    " + self.pick(*["pass"] * 8, "assert True", "'''Text.'''", "return None", "def test_no(): pass", "x = lambda: (yield)"))
        if self.chance(1):
            self.add("    yield 1")
        if not in_class and not self.is_guarded and not name.startswith("Test"):
            self.functions.append(name)

    def fixture(self, in_class=False, scopes=SCOPES, is_autouse=None):
        name = self.name(self.pick("fix_", "fix_", "test_fix_", "res_"))
        options = []
        if self.chance(30):
            options.append("params=" + self.values(1))
            if self.chance(30):
                options.append("ids=" + self.ids())
        if self.chance(30):
            options.append(f"scope={self.random.choice(scopes)!r}")
        if is_autouse or (is_autouse is None and self.chance(12)):
            options.append("autouse=" + self.pick("True", "True", "1 == 1"))
        shown = name
        if self.chance(10):
            shown = self.name("renamed_")
            options.append(f"name={shown!r}")
        wanted = [self.random.choice(self.fixtures)] if self.fixtures and self.chance(30) and not options else []
        if self.fixtures and self.chance(10):
            shown = self.random.choice(self.fixtures)  # overrides
            options = [option for option in options if not option.startswith("name=")] + [f"name={shown!r}"]
            if self.chance(50):
                wanted = [shown]
        self.add(f"@pytest.fixture({', '.join(options)})" if options or self.chance(50) else "@pytest.fixture")
        first = ["self"] if in_class else []
        request = ["request"] if any(option.startswith("params") for option in options) else []
        self.add(f"def {name}({', '.join(first + request + wanted)}):")
        self.add(f"    {self.pick('return', 'yield')} 1")
        if not in_class:
            self.fixtures.append(shown)

    def bases(self):
        choices = ["object", "Exception", "dict", "typing.Generic[T]", "abc.ABC", "typing.Protocol", "typing.NamedTuple", "enum.Enum"]
        if self.chance(55):
            return []
        if self.chance(25):
            return ["unittest.TestCase"]
        if self.classes and self.chance(60):
            return self.random.sample(self.classes, min(len(self.classes), self.pick(1, 1, 2)))
        if self.helpers and self.chance(70):
            return [self.random.choice(self.helpers)]
        return [self.pick(*choices)]

    def test_class(self, depth=0):
        name = self.name(self.pick("Test", "Test", "Test", "Test", "Base", "Mixin", "Testing", "test_", "Helper"))
        for _ in range(self.pick(0, 0, 0, 0, 1)):
            self.add(self.pick(self.marks(), self.parametrize(["p0"]), "@dataclasses.dataclass", "@class_decorator", "@unittest.skip('x')"))
        bases = self.bases()
        keywords = self.pick(*[[]] * 20, ["metaclass=abc.ABCMeta"], ["metaclass=Meta"])
        head = ", ".join(bases + keywords)
        self.add(f"class {name}{'(' + head + ')' if head or self.chance(10) else ''}:")
        self.depth += 1
        before = list(self.fixtures)
        for _ in range(self.pick(1, 2, 3, 4)):
            kind = self.random.randrange(40)
            if kind < 24:
                self.function(in_class=True)
            elif kind < 27:
                self.fixture(in_class=True, scopes=["function", "class"])
            elif kind < 30 and depth < 2:
                self.test_class(depth + 1)
            elif kind == 30:
                self.add(self.pick("__test__ = False", "__test__ = True", "__test__ = 0", "__test__ = some_value"))
            elif kind == 31:
                self.add(self.pick("def __init__(self): pass", "def __new__(cls): return object.__new__(cls)", "def __init__(self, x): pass"))
            elif kind == 32:
                self.add(self.pick("pytestmark = pytest.mark.slow", "pytestmark = [pytest.mark.slow, pytest.mark.usefixtures('tmp_path')]"))
            elif kind == 33:
                self.add("pytestmark = pytest.mark.parametrize('p9', [1, 2])")
            elif kind == 34:
                self.add(self.pick("test_assigned = 1", "test_lambda = lambda self: None", "test_none = None", "test_partial = functools.partial(print)"))
            elif kind == 35 and self.functions:
                self.add(f"test_alias_{self.number} = {self.random.choice(self.functions)}")
            elif kind == 36:
                self.add(self.pick("def setup_method(self): pass", "def setUp(self): pass", "@classmethod\ndef setUpClass(cls): pass", "def setup_class(cls): pass"))
            elif kind == 37:
                self.conditional(lambda: self.function(in_class=True))
            elif kind == 38:
                self.add(self.pick("def runTest(self): pass", "def __getattr__(self, name): raise AttributeError(name)", "__slots__ = ()", "def __call__(self): pass", "x: int = 3"))
            else:
                self.add("'''A text.'''")
        self.add("pass")
        self.fixtures = before
        self.depth -= 1
        if depth == 0 and not self.is_guarded:
            self.classes.append(name)

    def conditional(self, body):
        head, tail = self.pick(
            ("if sys.version_info >= (3, 8):", None),
            ("if sys.version_info < (3, 8):", "else:"),
            ("if sys.platform == 'win32':", "else:"),
            ("if os.name == 'posix':", None),
            ("if typing.TYPE_CHECKING:", None),
            ("if typing.TYPE_CHECKING:", "else:"),
            ("if True:", "else:"),
            ("if False:", None),
            ("if some_value:", "else:"),
            ("if os.environ.get('NEVER_SET'):", None),
            ("try:", "except Exception:"),
            ("try:", "finally:"),
            ("with contextlib.suppress(Exception):", None),
            ("for index in range(2):", None),
            ("while True:", None),
            ("if 1: # one\n    pass\nelif 2:", "else:"),
        )
        was_guarded = self.is_guarded
        self.is_guarded = True
        fixtures = list(self.fixtures)
        self.add(head)
        self.depth += 1
        body()
        if head.startswith("while"):
            self.add("break")
        self.depth -= 1
        if tail or head == "try:":
            self.add(tail or "finally:")
            self.depth += 1
            self.pick(body, lambda: self.add("pass"))()
            self.depth -= 1
        self.is_guarded = was_guarded
        self.fixtures = fixtures

    def oddity(self):
        names = self.functions + self.classes
        known = self.random.choice(names) if names else "test_nothing"
        other = self.random.choice(names) if names else "int"
        self.add(
            self.pick(
                f"if {known!r} in globals(): del {known}",
                f"{known} = {other}" if names else "pass",
                f"test_again_{self.number} = {other}",
                f"TestAgain{self.number} = {other}",
                f"{other}.__test__ = False" if names else "pass",
                f"{other} = pytest.mark.slow({other})" if names else "pass",
                "test_loop, test_pair = 1, 2",
                "globals()['test_dynamic'] = lambda: None",
                "setattr(sys.modules[__name__], 'test_set', lambda: None)",
                "test_lambda = lambda: None",
                "test_made = make_test()",
                "test_with_partial = functools.partial(int, 3)",
                "for test_looped in (int, str): pass",
                "__test__ = False" if self.chance(20) else "__test__ = True",
                "import os.path as test_path",
                "from os import path as test_module",
                "(test_walrus := 3)",
                "pytestmark = pytest.mark.slow",
                "pytestmark = [pytest.mark.slow, pytest.mark.parametrize('p8', [1])]" if self.chance(20) else "pytestmark = []",
                "exec('def test_exec(): pass')" if self.chance(30) else "pass",
                "locals().update(test_local=lambda: 1)" if self.chance(30) else "pass",
                "def __getattr__(name): raise AttributeError(name)" if self.chance(30) else "pass",
                "def __dir__(): return []" if self.chance(30) else "pass",
                "def pytest_generate_tests(metafunc):\n    if 'generated' in metafunc.fixturenames: metafunc.parametrize('generated', [1, 2])"
                if self.chance(40) else "pass",
                "pytest.importorskip('json')",
                "pytest.skip('all of it', allow_module_level=True)" if self.chance(15) else "pass",
                "pytest.importorskip('not_there_at_all')" if self.chance(15) else "pass",
                "raise RuntimeError('no')" if self.chance(8) else "pass",
                "import not_there_at_all" if self.chance(8) else "pass",
                "match 3:\n    case test_matched: pass",
                "def test_typed[T](x: T = 1): pass" if self.chance(5) else "pass",
                "async def test_async_gen():\n    yield 1",
                "@pytest.fixture(params=[1, 2], autouse=True)\ndef everywhere(request): return request.param" if self.chance(30) else "pass",
                "class Meta(type): pass",
                "def setup_module(): pass",
                "@slow\n@pytest.mark.parametrize('z', [1, 2])\nclass TestDecorated:\n    def test_z(self, z): pass",
                "test_generic = unittest.mock.Mock()",
                "def load_tests(*args): return args[1]",
                "'a statement';  def_ = 3; test_semicolon = def_",
                "def test_one_line(): pass; x = 3",
                "class TestOneLine: test_x = lambda self: 1",
                "def test_star(*, a=1): pass",
                "def test_positional(a=1, /): pass",
                "global test_global\ntest_global = lambda: None",
                "@(lambda f: f)\ndef test_decorated_by_lambda(): pass",
                "@pytest.hookimpl\ndef test_hook(): pass",
                "del_me = 1\ndel del_me",
                "test_self_reference = test_self_reference if 'test_self_reference' in globals() else None",
            )
        )

    def imports(self, modules):
        for name, exports in modules:
            if not exports or self.chance(55):
                continue
            kind = self.random.randrange(6)
            chosen = self.random.choice(exports)
            if kind == 0:
                self.add(f"from {name} import *")
                self.helpers = self.helpers + [export for export in exports if export[0].isupper()]
            elif kind == 1:
                self.add(f"import {name}")
                if chosen[0].isupper():
                    self.helpers = self.helpers + [f"{name}.{chosen}"]
            elif kind == 2:
                alias = self.name("TestFrom" if chosen[0].isupper() else "test_from_")
                self.add(f"from {name} import {chosen} as {alias}")
                if chosen[0].isupper():
                    self.helpers = self.helpers + [alias]
            elif kind == 3:
                self.add(f"try:\n    from {name} import {chosen}\nexcept ImportError:\n    {chosen} = object")
                if chosen[0].isupper():
                    self.helpers = self.helpers + [chosen]
            else:
                self.add(f"from {name} import {chosen}")
                if chosen[0].isupper():
                    self.helpers = self.helpers + [chosen]

    HEAD = """
    import abc, collections, contextlib, dataclasses, decimal, enum, functools, itertools, os, pathlib, re, sys, typing
    import unittest, unittest.mock
    import pytest
    from unittest import mock
    """

    TOOLS = """
    T = typing.TypeVar("T")
    slow = pytest.mark.slow
    some_value = os.environ.get("HOME", "")
    class Meta(type): pass
    def plain_decorator(function): return function
    def class_decorator(cls): return cls
    def wrapping_decorator(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return function(*args, **kwargs)
        return wrapper
    def decorator_with(value):
        def decorate(function):
            return function
        return decorate
    def make_test():
        def made(): pass
        return made
    """

    def head(self):
        if self.chance(20):
            self.add(self.pick("'''A module.'''", "# -*- coding: utf-8 -*-", "from __future__ import annotations", "#!/usr/bin/env python"))
        self.add(self.HEAD)
        self.add(self.TOOLS)
        for _ in range(self.pick(0, 1, 2)):
            name = self.name("CONST_").upper()
            self.add(f"{name} = {self.values(1)}")
            self.constants.append(name)

    def piece(self):
        self.number += 1
        count = self.random.randrange(4)
        values = "[" + ", ".join(self.literal(1) for _ in range(count)) + "]"
        text = self.random.choice(idioms.PIECES).strip("\n")
        self.add(text.replace("VALUES", values).replace("NAME", self.pick("one", "x", f"n{self.number}", f"n{self.number}")))

    def body(self, size):
        for _ in range(size):
            kind = self.random.randrange(30)
            if self.chance(self.piece_share):
                self.piece()
                continue
            if kind < 13:
                self.function()
            elif kind < 19:
                self.test_class()
            elif kind < 22:
                self.fixture()
            elif kind < 24:
                self.conditional(self.pick(self.function, self.test_class, self.fixture))
            else:
                self.oddity() if self.chance(60) else self.function()


CONFIGS = [
    "", "", "", "", "", "",
    "python_files = test_*.py check_*.py",
    "python_functions = test check_*",
    "python_classes = Test Check *Tests Base",
    "python_classes =",
    "norecursedirs = inner .*",
    "testpaths = tests",
    "testpaths = tests inner/test_*.py",
    "addopts = --import-mode=importlib",
    "addopts = -k 'alpha or one'",
    "addopts = -m 'not slow'",
    "addopts = --ignore=inner",
    "addopts = --strict-markers",
    "usefixtures = tmp_path",
    "consider_namespace_packages = true",
    "collect_imported_tests = false",
    "addopts = --deselect test_m0.py::test_alpha",
    "addopts = --doctest-modules",
    "markers =\n    slow: x",
    "disable_test_id_escaping_and_forfeit_all_rights_to_community_support = true",
    "strict_parametrization_ids = true",
    "empty_parameter_set_mark = fail_at_collect",
    "pythonpath = lib",
    "python_files = *.py",
    "python_functions = test check_* *_left",
    "testpaths = t?sts inner",
    "addopts = -p no:doctest -p no:cacheprovider",
    "addopts = --import-mode=append",
    "filterwarnings = error",
    "strict = true\nmarkers = slow: x",
    "addopts = --strict-markers -m slow",
    "required_plugins = pytest-of-nowhere",
    "minversion = 100.0",
    "parametrize_long_str_id_strategy = sha256",
    "addopts = -k 'not alpha'",
]


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8", "surrogatepass"))


def conftest(source, fixtures, is_root):
    module = Module(source, fixtures, [], False)
    module.head()
    for _ in range(source.randrange(1, 4)):
        module.fixture()
    if module.chance(20):
        module.add(source.choice(idioms.CONFTESTS).strip("\n"))
    if module.chance(15):
        module.add(module.pick("collect_ignore = ['test_m1.py']", "collect_ignore_glob = ['*m2*']", "collect_ignore = ['inner'] if some_value else []", "collect_ignore = [x for x in ()]"))
    if module.chance(8):
        module.add(
            module.pick(
                "def pytest_collection_modifyitems(items): items.reverse()",
                "def pytest_generate_tests(metafunc):\n    if 'generated' in metafunc.fixturenames: metafunc.parametrize('generated', 'ab')",
                "def pytest_ignore_collect(collection_path): return 'm3' in str(collection_path) or None",
                "def pytest_configure(config): config.addinivalue_line('markers', 'slow: x')",
                "def pytest_make_parametrize_id(config, val, argname): return None",
                "def pytest_itemcollected(item): item.user_properties.append(1)",
                "def pytest_pycollect_makeitem(name): return [] if 'alpha' in name else None",
                "def pytest_runtest_setup(item): pass",
                "pytest_plugins = ['lib_plugin']" if is_root else "pass",
            )
        )
    return module


def generate(seed, folder):
    """Writes the project of a seed; the same seed gives the same one."""
    source = random.Random(seed)
    folder = pathlib.Path(folder)
    config = source.choice(CONFIGS)
    helpers_place = source.choice([".", ".", "lib"])
    path = "" if "pythonpath" in config else "pythonpath = . lib\n" if helpers_place == "lib" else source.choice(["", "pythonpath = .\n"])
    write(folder / "pytest.ini", f"[pytest]\n{config}\n{path}")
    fixtures = []
    if source.random() < 0.4:
        module = conftest(source, [], True)
        fixtures = module.fixtures
        write(folder / "conftest.py", module.text())
    write(folder / "lib_plugin.py", "import pytest\n\n@pytest.fixture\ndef from_plugin(): return 1\n")
    listed = source.choice(["", "", "__all__ = ['SharedTests', 'test_shared', 'shared_param']"])
    write(folder / "helpers.py", idioms.HELPERS.replace("ALL", listed))
    exports = []
    for number in range(source.randrange(0, 3)):
        name = f"helper{number}"
        module = Module(source, fixtures, [], False)
        module.head()
        module.imports(exports)
        module.body(source.randrange(1, 5))
        if module.chance(15) and module.functions:
            module.add(f"__all__ = {[source.choice(module.functions)]!r}")
        write(folder / helpers_place / f"{name}.py", module.text())
        exports.append((name, module.functions + module.classes))
    places = [("", fixtures)]
    for place in ("inner", "tests", "inner/deep", "build", "tests/pkg"):
        if source.random() < 0.35:
            inherited = list(fixtures)
            if source.random() < 0.3:
                module = conftest(source, inherited, False)
                inherited = module.fixtures
                write(folder / place / "conftest.py", module.text())
            if source.random() < 0.3:
                write(folder / place / "__init__.py", source.choice(["", "", "def test_in_init(): pass\n", "'''x'''\n"]))
            places.append((place, inherited))
    for place, visible in places:
        for _ in range(source.randrange(1, 5)):
            module = Module(source, visible, [], bool(place))
            module.head()
            module.imports(exports)
            module.body(source.randrange(2, 12))
            number = 0 if source.random() < 0.03 else len(list(folder.rglob("*_m*.py"))) + 1
            prefix = source.choice(["test_m", "test_m", "test_m", "check_m", "other_m"])
            write(folder / place / f"{prefix}{number}.py", module.text())
