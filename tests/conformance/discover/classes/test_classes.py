import abc
import dataclasses
import enum
import typing

import shapes
from shapes import Abstract, Mixin, TestShared, WithInit


class TestPlain:
    def test_a(self): pass
    def helper(self): pass
    test_b = test_a
    test_c = None

    class TestNested:
        def test_d(self): pass

    class Nested:
        def test_e(self): pass


class TestDerived(TestPlain):
    def test_z(self): pass
    test_a = None


class TestMixed(Mixin, TestShared):
    def test_own(self): pass
    def test_both(self): pass


class TestThroughModule(shapes.Mixin): pass


class TestAbstract(Abstract): pass


class TestConcrete(Abstract):
    def make(self): pass


class TestMeta(metaclass=abc.ABCMeta):
    def test_meta(self): pass


class TestWithInit(WithInit):
    def test_never(self): pass


class TestWithNew:
    def __new__(cls): return object.__new__(cls)
    def test_never(self): pass


@dataclasses.dataclass
class TestData:
    a: int = 1
    def test_never(self): pass


class TestEnum(enum.Enum):
    test_a = 1


class TestTuple(typing.NamedTuple):
    test_a: int = 1


class TestNot:
    __test__ = False
    def test_never(self): pass


class TestAgain(TestNot):
    __test__ = True
    def test_again(self): pass


class Unnamed:
    __test__ = True
    def test_unnamed(self): pass


class TestLater:
    def test_never(self): pass


TestLater.__test__ = False


class TestKinds:
    @staticmethod
    def test_static(): pass

    @classmethod
    def test_class(cls): pass

    @property
    def test_property(self): pass

    def test_method(self): pass


class TestGeneric(typing.Generic[typing.TypeVar("T")]):
    def test_generic(self): pass


TestAlias = TestPlain
