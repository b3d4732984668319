import pytest


class Loud(pytest.Function):
    def reportinfo(self):
        print("place of", self.name)
        return super().reportinfo()


def pytest_pycollect_makeitem(collector, name, obj):
    if name.startswith("test"):
        return Loud.from_parent(collector, name=name)
