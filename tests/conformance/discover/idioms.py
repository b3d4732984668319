"""What the suites of real projects do: texts that random projects are put together from."""

# NAME stands for a fresh name, VALUES for a list of values.
PIECES = [
    """
class NAMEMixin:
    def test_mixed(self, NAMEvalue): pass
    @pytest.fixture(params=[1, 2])
    def NAMEvalue(self, request): return request.param
class TestNAMEOne(NAMEMixin):
    def test_own(self): pass
class TestNAMETwo(NAMEMixin):
    @pytest.fixture(params=['a'])
    def NAMEvalue(self, request): return request.param
""",
    """
class NAMEBase:
    __test__ = False
    def test_base(self): pass
class TestNAME(NAMEBase):
    __test__ = True
    def test_derived(self): pass
""",
    """
class TestNAMEParent:
    def test_one(self): pass
    def test_two(self): pass
class TestNAMEChild(TestNAMEParent):
    test_one = None
    def test_three(self): pass
""",
    """
class NAMECase(unittest.TestCase):
    @classmethod
    def setUpClass(cls): raise unittest.SkipTest('no')
    def test_sub(self):
        for i in range(3):
            with self.subTest(i=i): pass
    def test_also(self): pass
""",
    """
@unittest.skipIf(sys.platform == 'win32', 'x')
class NAMESkipped(unittest.TestCase):
    @unittest.expectedFailure
    def test_fails(self): self.fail()
    def runTest(self): pass
""",
    """
class NAMEAsync(unittest.IsolatedAsyncioTestCase):
    async def test_async(self): pass
    def test_sync(self): pass
""",
    """
class NAMEAbstract(unittest.TestCase):
    value = None
    def test_value(self): assert self.value
class NAMEConcrete(NAMEAbstract):
    value = 1
del NAMEAbstract
""",
    'def load_tests(loader, tests, pattern): return tests',
    """
try:
    import json as NAMEmodule
except ImportError:
    NAMEmodule = None
@pytest.mark.skipif(NAMEmodule is None, reason='no json')
def test_NAME(): pass
""",
    """
try:
    import not_there_at_all
    HAS_NAME = True
except ImportError:
    HAS_NAME = False
if HAS_NAME:
    def test_NAME_with(): pass
else:
    def test_NAME_without(): pass
""",
    """
if sys.version_info >= (3, 9):
    def test_NAME_new(): pass
else:
    def test_NAME_old(): pass
""",
    """
if sys.version_info[:2] < (3, 11):
    @pytest.mark.parametrize('a', [1])
    def test_NAME(a): pass
""",
    """
if os.name == 'nt':
    class TestNAME:
        def test_nt(self): pass
elif os.name == 'posix':
    class TestNAME:
        def test_posix(self): pass
""",
    """
@pytest.mark.parametrize('x', VALUES)
@pytest.mark.parametrize('y', VALUES)
def test_NAME(x, y): pass
""",
    """
@pytest.mark.parametrize('x,y', [(1, 2), pytest.param(3, 4, id='three'), pytest.param(5, 6, marks=pytest.mark.xfail), pytest.param(7, 8, id=pytest.HIDDEN_PARAM)])
def test_NAME(x, y): pass
""",
    """
@pytest.mark.parametrize('x', VALUES, ids=lambda v: f'v={v}' if v else None)
def test_NAME(x): pass
""",
    """
@pytest.mark.parametrize('x', VALUES, ids=repr)
def test_NAME(x): pass
""",
    """
def NAMEids(value): return str(type(value).__name__)
@pytest.mark.parametrize('x', VALUES, ids=NAMEids)
def test_NAME(x): pass
""",
    """
@pytest.mark.parametrize('x', [], ids=[])
def test_NAME(x): pass
""",
    """
@pytest.mark.parametrize('x', [1, 1, 2, 1])
def test_NAME(x): pass
""",
    """
@pytest.mark.parametrize('x', ['a', 'a0', 'a', 'a1', 'b'])
def test_NAME(x): pass
""",
    """
@pytest.mark.parametrize('x', [float('nan'), 1e300, -0.0, 1j, True, None, ..., b'\\x00\\xff', 'é', 'a\\nb', '', int, len])
def test_NAME(x): pass
""",
    """
class NAMEColor(enum.Enum):
    RED = 'red'
    GREEN = enum.auto() if False else 'green'
@pytest.mark.parametrize('color', [NAMEColor.RED])
def test_NAME(color): pass
""",
    """
class NAMEKind(enum.IntEnum):
    A = 1
    B = 2
@pytest.mark.parametrize('kind', list(NAMEKind))
def test_NAME(kind): pass
@pytest.mark.parametrize('kind', [NAMEKind.A, NAMEKind.B])
def test_NAME_again(kind): pass
""",
    """
@pytest.fixture(params=VALUES, ids=lambda v: None)
def NAMEfix(request): return request.param
def test_NAME(NAMEfix): pass
@pytest.mark.parametrize('NAMEfix', ['x', 'y'], indirect=True)
def test_NAME_indirect(NAMEfix): pass
@pytest.mark.parametrize('NAMEfix', ['x', 'y'])
def test_NAME_direct(NAMEfix): pass
""",
    """
@pytest.fixture(scope='module', params=['m1', 'm2'])
def NAMEmod(request): return request.param
@pytest.fixture(scope='class', params=['c1', 'c2'])
def NAMEcls(request): return request.param
def test_NAME_a(NAMEmod): pass
class TestNAME:
    def test_b(self, NAMEcls, NAMEmod): pass
    def test_c(self, NAMEmod): pass
    def test_d(self, NAMEcls): pass
    def test_e(self): pass
""",
    """
@pytest.fixture(params=[0, 1], autouse=True)
def NAMEauto(request): pass
""",
    """
@pytest.fixture
def NAMEfirst(): pass
@pytest.fixture
def NAMEsecond(NAMEfirst): pass
@pytest.mark.usefixtures('NAMEsecond')
class TestNAME:
    @pytest.fixture(autouse=True, params=['p', 'q'])
    def prepare(self, request, NAMEfirst): pass
    def test_x(self): pass
""",
    """
@pytest.fixture(name='NAMEshown', params=['s'])
def NAMEhidden(request): pass
def test_NAME(NAMEshown): pass
""",
    """
def NAMEtimes(n):
    def decorate(f):
        @functools.wraps(f)
        def inner(*args, **kwargs):
            for _ in range(n): f(*args, **kwargs)
        return inner
    return decorate
@NAMEtimes(2)
@pytest.mark.parametrize('a', [1, 2])
def test_NAME(a, tmp_path): pass
""",
    """
def NAMEmark(*args): return pytest.mark.parametrize(*args)
@NAMEmark('a', [1])
def test_NAME(a): pass
""",
    """
NAMEall = pytest.mark.parametrize('backend', ['x', 'y'])
@NAMEall
class TestNAME:
    def test_one(self, backend): pass
    @pytest.mark.parametrize('other', [1, 2])
    def test_two(self, other, backend): pass
""",
    """
class TestNAME:
    class TestInner:
        @pytest.mark.parametrize('x', [1, 2], scope='class')
        def test_deep(self, x): pass
        @pytest.mark.parametrize('x', [1, 2], scope='class')
        def test_deeper(self, x): pass
        class TestInnermost:
            def test_deepest(self): pass
    def test_outer(self): pass
""",
    """
class TestNAME:
    pytestmark = [pytest.mark.slow, pytest.mark.parametrize('p', VALUES)]
    def test_marked(self, p): pass
    @staticmethod
    def test_static(p): pass
    @classmethod
    def test_class(cls, p): pass
""",
    """
def test_NAME(): pass
def test_NAME(): pass
del test_NAME
def test_NAME_left(): pass
""",
    """
def test_NAME(): pass
test_NAME.__test__ = False
class TestNAME:
    def test_x(self): pass
TestNAME.__test__ = False
""",
    """
def NAMEfactory(n):
    def test_made(): return n
    return test_made
test_NAME = NAMEfactory(1)
""",
    """
for NAMEi in range(2):
    globals()[f'test_NAME_{NAMEi}'] = lambda: None
""",
    """
class NAMEMeta(type):
    def __new__(mcls, name, bases, ns):
        ns['test_injected'] = lambda self: None
        return super().__new__(mcls, name, bases, ns)
class TestNAME(metaclass=NAMEMeta):
    def test_x(self): pass
""",
    """
class NAMEAuto:
    def __init_subclass__(cls): cls.test_more = lambda self: None
class TestNAME(NAMEAuto):
    def test_x(self): pass
""",
    """
class TestNAME(typing.Generic[T]):
    def test_generic(self): pass
class TestNAMEInt(TestNAME[int]): pass
""",
    """
@dataclasses.dataclass
class NAMEdata:
    x: int = 1
    def test_not(self): pass
@dataclasses.dataclass
class TestNAME:
    x: int = 1
    def test_never(self): pass
""",
    """
class TestNAME:
    def setup_method(self, method): pass
    def test_plain(self): pass
    @property
    def test_property(self): return 1
    test_value = 3
    test_lambda = lambda self: None
""",
    """
class TestNAME:
    @pytest.mark.skip
    def test_skip(self): pass
    @pytest.mark.skipif(True, reason='x')
    def test_skipif(self): pass
    @pytest.mark.filterwarnings('ignore')
    @pytest.mark.slow(1, a=2)
    def test_many(self): pass
""",
    """
async def test_NAME_coroutine(): pass
@pytest.fixture
async def NAMEafix(): yield 1
""",
    """
test_NAME_alias = len
TestNAMEAlias = dict
test_NAME_number = 3
""",
    'from helpers import *',
    """
from helpers import SharedTests
class TestNAME(SharedTests):
    value = 3
""",
    """
from helpers import shared_fixture, shared_param
def test_NAME(shared_fixture, shared_param): pass
""",
    """
import helpers
class TestNAME(helpers.SharedTests, helpers.MoreTests):
    def test_more(self): pass
@helpers.slow
@helpers.repeated
def test_NAME_helped(): pass
""",
    'from helpers import test_shared as test_NAME, TestShared as TestNAME',
    "pytestmark = pytest.mark.usefixtures('tmp_path')",
    'pytestmark = [pytest.mark.slow]',
    "NAMEjson = pytest.importorskip('json')",
    "pytest.importorskip('not_there_at_all')",
    """
if sys.platform == 'win32':
    pytest.skip('windows', allow_module_level=True)
""",
    "pytest.skip('all', allow_module_level=True)",
    """
@mock.patch('os.getcwd')
@mock.patch.object(os, 'sep', '/')
def test_NAME(getcwd, tmp_path): pass
""",
    """
@mock.patch.dict(os.environ, {'A': '1'})
def test_NAME(tmp_path): pass
""",
    """
class TestNAME:
    @mock.patch('os.getcwd', return_value=1)
    @pytest.mark.parametrize('a', [1, 2])
    def test_mocked(self, getcwd, a): pass
""",
    """
NAMECASES = {'one': 1, 'two': 2}
@pytest.mark.parametrize('value', NAMECASES.values(), ids=NAMECASES.keys())
def test_NAME(value): pass
@pytest.mark.parametrize('value', NAMECASES)
def test_NAME_keys(value): pass
""",
    """
NAMECASES = [(1, 2), (3, 4)]
NAMECASES += [(5, 6)]
@pytest.mark.parametrize('a, b', NAMECASES)
def test_NAME(a, b): pass
""",
    """
NAMECASES = [
    ('a', 1),
    pytest.param('b', 2, marks=[pytest.mark.slow, pytest.mark.skip(reason='x')]),
]
@pytest.mark.parametrize(('name', 'value'), NAMECASES)
def test_NAME(name, value): pass
""",
    """
@pytest.mark.parametrize(argnames='a', argvalues=[1, 2], ids=['x', 'y'])
def test_NAME(a): pass
""",
    """
@pytest.mark.parametrize('a', [[1, 2], (3, 4), {'k': 1}, {5}, frozenset(), object()])
def test_NAME(a): pass
""",
    """
@pytest.mark.parametrize('a', range(3))
@pytest.mark.parametrize('b', itertools.product([1], [2]))
def test_NAME(a, b): pass
""",
    """
@pytest.mark.parametrize('a', ['x' * 3, 'y' + 'z', f'{1}', 'a' 'b', -1, +1, 2 ** 3, 10 // 3, not True])
def test_NAME(a): pass
""",
    """
@pytest.mark.parametrize('a', [1, 2])
@pytest.mark.parametrize('a', [3])
def test_NAME(a): pass
""",
    """
@pytest.mark.parametrize('missing', [1])
def test_NAME(): pass
""",
    'def test_NAME(unknown_fixture_here): pass',
    'def test_NAME(a=1, *args, b=2, **kwargs): pass',
    """
def test_NAME_gen():
    yield 1
""",
    """
@pytest.fixture
def test_NAME_fixture(): pass
def test_NAME(test_NAME_fixture): pass
""",
    """
@contextlib.contextmanager
def test_NAME_manager(): yield
""",
    """
@functools.cache
def test_NAME_cached(): pass
test_NAME_partial = functools.partial(print, 1)
""",
    """
class TestNAME:
    def __init__(self): pass
    def test_x(self): pass
class TestNAMENew:
    def __new__(cls): return object.__new__(cls)
    def test_x(self): pass
""",
    """
class TestNAME(abc.ABC):
    @abc.abstractmethod
    def make(self): ...
    def test_made(self): self.make()
class TestNAMEReal(TestNAME):
    def make(self): return 1
""",
    """
class TestNAME(Exception):
    def test_x(self): pass
class TestNAMEDict(dict):
    def test_x(self): pass
""",
    """
with contextlib.suppress(ImportError):
    import not_there_at_all
    def test_NAME_never(): pass
def test_NAME(): pass
""",
    """
def pytest_generate_tests(metafunc):
    if 'generated' in metafunc.fixturenames: metafunc.parametrize('generated', [1, 2])
def test_NAME(generated): pass
""",
    """
class TestNAME:
    scenarios = [('a', {'x': 1})]
    def pytest_generate_tests(self, metafunc): pass
    def test_x(self): pass
""",
    """
@typing.overload
def test_NAME(x: int) -> int: ...
def test_NAME(x=1): pass
""",
    """
@unittest.skip('x')
def test_NAME(): pass
@unittest.skipUnless(True, 'x')
def test_NAME_unless(tmp_path): pass
""",
    """
class TestNAME:
    x = 1
    if x:
        def test_if(self): pass
    for name in ('a', 'b'):
        def test_loop(self): pass
    try:
        import json
        def test_try(self): pass
    except ImportError:
        pass
""",
    """
class TestNAME: pass
def NAMEadded(self): pass
TestNAME.test_added = NAMEadded
setattr(TestNAME, 'test_set', NAMEadded)
""",
    "TestNAME = type('TestNAME', (), {'test_x': lambda self: None})",
    """
NAMEPoint = collections.namedtuple('NAMEPoint', 'x y')
@pytest.mark.parametrize('point', [NAMEPoint(1, 2), NAMEPoint(x=3, y=4)])
def test_NAME(point): pass
@pytest.mark.parametrize('x, y', [NAMEPoint(1, 2)])
def test_NAME_unpacked(x, y): pass
""",
    """
assert True
print('imported')
NAMElogger = __import__('logging').getLogger(__name__)
def test_NAME(caplog, capsys, monkeypatch, request, recwarn): pass
""",
    """
@pytest.fixture(scope='session')
def NAMEsession(tmp_path_factory): return 1
@pytest.fixture(scope='package', params=[1, 2])
def NAMEpackage(request): return 1
def test_NAME(NAMEsession, NAMEpackage): pass
def test_NAME_two(NAMEpackage): pass
def test_NAME_three(): pass
""",
    """
@pytest.fixture(params=[pytest.param(1, marks=pytest.mark.skip), pytest.param(2, id='two')])
def NAMEp(request): pass
def test_NAME(NAMEp): pass
""",
    """
def helper_NAME(fixture):
    return fixture
@helper_NAME
@pytest.fixture
def NAMEw(): pass
def test_NAME(NAMEw): pass
""",
    """
class TestNAMEÜ:
    def test_ünï(self): pass
    @pytest.mark.parametrize('ü', ['ä', 'ß\\x7f', '日本', '\\u200b'])
    def test_ids(self, ü): pass
""",
    """
class NAMETests(object):
    def test_suffix(self): pass
class Check_NAME:
    def check_it(self): pass
def check_NAME(): pass
""",
    """
from helpers import replaced, replaced_by_fixture, marked, untested, factory_of_wraps, attributed
@replaced
def test_NAME_replaced(unknown): pass
@replaced_by_fixture
def test_NAME_fixture(unknown): pass
@marked
def test_NAME_marked(): pass
@untested
def test_NAME_untested(): pass
@factory_of_wraps(2)
def test_NAME_wraps(tmp_path): pass
@attributed
def test_NAME_attributed(): pass
""",
    """
from helpers import Color, Level, Word
@pytest.mark.parametrize('x', [Color.RED, Color.CRIMSON, Level.LOW, Word.UP])
def test_NAME(x): pass
""",
    """
from helpers import AbstractTests, MetaTests
class TestNAME(AbstractTests):
    pass
class TestNAMEMade(AbstractTests):
    def make(self): return 1
class TestNAMEMeta(MetaTests): pass
""",
    """
from helpers import CASES, CHANGED, CONSTANT
@pytest.mark.parametrize('x', CASES)
@pytest.mark.parametrize('y', [CONSTANT, *CASES])
@pytest.mark.parametrize('z', CHANGED)
def test_NAME(x, y, z): pass
""",
    """
@pytest.mark.parametrize('x', [re.compile('x+'), decimal.Decimal('1'), pathlib.Path('x'), functools.partial(int), ValueError('x'), range(3), float('inf'), 'x' * 101, '\\U0001f600', 12345678901234567890123, lambda: 0])
def test_NAME(x): pass
""",
    """
@mock.patch('os.getcwd', new=1)
def test_NAME(tmp_path): pass
""",
    """
@pytest.mark.parametrize('x', [])
@pytest.mark.parametrize('y', [1])
def test_NAME(x, y): pass
@pytest.fixture(params=[])
def NAMEempty(request): pass
def test_NAME_empty(NAMEempty): pass
""",
    """
def NAMEscope():
    total = 0
    def add():
        nonlocal total
        total += 1
    return add
def test_NAME():
    global NAMEcount
    NAMEcount = f"{sys.platform!r:>{10}}"
""",
    """
def test_NAME():
    x = 1
    global x
""",
    "def test_NAME(): return f'{}'",
    """
def test_NAME():
    match 1:
        case [x, *rest] | {'x': x, **rest}: pass
        case _: pass
""",
    """
@dataclasses.dataclass
class NAMEBroken:
    x: int = 1
    y: int
def test_NAME(): pass
""",
    """
@dataclasses.dataclass
class NAMEMutable:
    x: list = []
def test_NAME(): pass
""",
    """
class NAMEWrong(int, enum.Enum):
    A = 'a'
def test_NAME(): pass
""",
    "pytest_plugins = 'helpers'",
]

# ALL stands for nothing, or an __all__.
HELPERS = """
import abc, enum, functools
import pytest
CONSTANT = 7
CASES = [1, 'two', (3,)]
CHANGED = [1]
CHANGED.append(2)
slow = pytest.mark.slow
def repeated(f):
    @functools.wraps(f)
    def inner(*args, **kwargs): return f(*args, **kwargs)
    return inner
class SharedTests:
    value = None
    def test_value(self): pass
    @pytest.mark.parametrize('n', [1, 2])
    def test_numbers(self, n): pass
class MoreTests:
    def test_value(self): pass
    def test_other(self): pass
class TestShared:
    def test_in_shared(self): pass
def test_shared(): pass
@pytest.fixture
def shared_fixture(): pass
@pytest.fixture(params=['a', 'b'])
def shared_param(request): return request.param
class Color(enum.Enum):
    RED = 1
    CRIMSON = 1
class Level(enum.IntEnum):
    LOW = 1
class Word(str, enum.Enum):
    UP = 'up'
class AbstractTests(abc.ABC):
    @abc.abstractmethod
    def make(self): ...
    def test_abstract(self): pass
class MetaTests(metaclass=abc.ABCMeta):
    def test_meta(self): pass
def replaced(f):
    def inner(a=1): return f
    return inner
def replaced_by_fixture(f):
    def inner(shared_fixture): return f
    return inner
def marked(f): return pytest.mark.slow(f)
def untested(f):
    f.__test__ = False
    return f
def attributed(f):
    f.alpha, f.beta = 1, 2
    return f
def factory_of_wraps(n):
    def decorate(f):
        @functools.wraps(f)
        def inner(*args, **kwargs): return f(*args, **kwargs)
        return inner
    return decorate
ALL
"""

CONFTESTS = [
    """
@pytest.fixture(autouse=True)
def conf_auto(): pass
""",
    """
@pytest.fixture(autouse=True, params=['k1', 'k2'])
def conf_params(request): pass
""",
    """
@pytest.fixture(scope='module', autouse=True, params=['K1', 'K2'])
def conf_module(request): pass
""",
    """
@pytest.fixture(params=[1, 2])
def shared_param(request): return request.param
""",
    """
@pytest.fixture
def generated(): return 0
""",
    "def pytest_configure(config): config.addinivalue_line('markers', 'slow: x')",
    "def pytest_addoption(parser): parser.addoption('--run-slow', action='store_true')",
    """
def pytest_collection_modifyitems(config, items):
    for item in items: item.add_marker(pytest.mark.slow)
""",
    "collect_ignore = ['test_i1.py']",
    "collect_ignore_glob = ['*_i2.py']",
    """
if sys.version_info < (3, 0):
    collect_ignore = ['test_i0.py']
""",
    'from helpers import *',
    'from helpers import shared_fixture',
    'def pytest_runtest_setup(item): pass',
    """
import pathlib
HERE = pathlib.Path(__file__).parent
""",
    "pytest.register_assert_rewrite('helpers')",
    "os.environ['X'] = '1'",
]
