import abc


class Mixin:
    def test_mixin(self): pass
    def test_both(self): pass


class TestShared:
    def test_shared(self): pass

    class TestInner:
        def test_inner(self): pass


class Abstract(abc.ABC):
    @abc.abstractmethod
    def make(self): ...

    def test_made(self): pass


class WithInit:
    def __init__(self): pass
