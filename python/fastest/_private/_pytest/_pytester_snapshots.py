"""What a run in this process may change and the next one must not see."""

from __future__ import annotations

import sys


class SysModulesSnapshot:
    """sys.modules as it is now; `preserve` tells names whose modules stay as they are at the end."""

    def __init__(self, preserve=None):
        self._preserve = preserve
        self._saved = dict(sys.modules)

    def restore(self):
        if self._preserve:
            for name, module in sys.modules.items():
                if self._preserve(name):
                    self._saved[name] = module
        sys.modules.clear()
        sys.modules.update(self._saved)


class SysPathsSnapshot:
    """sys.path and sys.meta_path as they are now."""

    def __init__(self):
        self._path = list(sys.path)
        self._meta_path = list(sys.meta_path)

    def restore(self):
        sys.path[:] = self._path
        sys.meta_path[:] = self._meta_path


for _class in (SysModulesSnapshot, SysPathsSnapshot):
    _class.__module__ = "_pytest.pytester"
