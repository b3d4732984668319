from .sub import deep
from .sub.deep import Deep as Renamed


class Base(deep.Deep):
    def test_base(self): pass
