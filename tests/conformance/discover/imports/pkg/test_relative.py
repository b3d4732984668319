from . import base
from .base import Base as Imported, Renamed


class Own(base.Base):
    def test_own(self): pass
