"""What still speaks py.path: the fixtures tmpdir, tmpdir_factory and testdir, and attributes of old names."""

from _pytest.compat import LEGACY_PATH
from _pytest.compat import legacy_path

__all__ = ["TempdirFactory", "Testdir"]


class TempdirFactory:
    """Backward compatibility wrapper that implements ``py.path.local``
    for :class:`TempPathFactory`.
    """

    def __init__(self, tmppath_factory, *, _ispytest=False):
        from _pytest.deprecated import check_ispytest

        check_ispytest(_ispytest)
        self._tmppath_factory = tmppath_factory

    def __repr__(self):
        return f"{type(self).__name__}(_tmppath_factory={self._tmppath_factory!r})"

    def __eq__(self, other):
        if type(other) is not type(self):
            return NotImplemented
        return self._tmppath_factory == other._tmppath_factory

    __hash__ = None

    def mktemp(self, basename, numbered=True):
        """Same as :meth:`TempPathFactory.mktemp`, but returns a ``py.path.local`` object."""
        return legacy_path(self._tmppath_factory.mktemp(basename, numbered).resolve())

    def getbasetemp(self):
        """Same as :meth:`TempPathFactory.getbasetemp`, but returns a ``py.path.local`` object."""
        return legacy_path(self._tmppath_factory.getbasetemp().resolve())


class Testdir:
    """
    Similar to :class:`Pytester`, but this class works with legacy legacy_path objects instead.

    All methods just forward to an internal :class:`Pytester` instance, converting results
    to `legacy_path` objects as necessary.
    """

    __test__ = False

    _GIVE_PATHS = frozenset(
        "makeconftest makeini makepyprojecttoml makepyfile maketxtfile mkdir mkpydir copy_example".split()
    )

    def __init__(self, pytester, *, _ispytest=False):
        from _pytest.deprecated import check_ispytest

        check_ispytest(_ispytest)
        self._pytester = pytester

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        value = getattr(self._pytester, name)
        if name not in self._GIVE_PATHS:
            return value
        return lambda *args, **kwargs: legacy_path(value(*args, **kwargs))

    @property
    def tmpdir(self):
        """Temporary directory where tests are executed."""
        return legacy_path(self._pytester.path)

    @property
    def test_tmproot(self):
        return legacy_path(self._pytester._test_tmproot)

    @property
    def request(self):
        return self._pytester._request

    @property
    def plugins(self):
        return self._pytester.plugins

    @plugins.setter
    def plugins(self, plugins):
        self._pytester.plugins = plugins

    @property
    def monkeypatch(self):
        return self._pytester._monkeypatch

    def finalize(self):
        return self._pytester._finalize()

    def makefile(self, ext, *args, **kwargs):
        """See :meth:`Pytester.makefile`; the dot of the extension may be missing here."""
        if ext and not ext.startswith("."):
            ext = "." + ext
        return legacy_path(self._pytester.makefile(ext, *args, **kwargs))

    def __repr__(self):
        return f"<Testdir {self.tmpdir!r}>"

    def __str__(self):
        return str(self.tmpdir)


def _testdir_plugin():
    """The plugin that brings the fixture testdir; registered with pytester."""
    from _pytest.fixtures import fixture

    class LegacyTestdirPlugin:
        @fixture
        @staticmethod
        def testdir(pytester):
            """
            Identical to :fixture:`pytester`, and provides an instance whose methods return
            legacy ``LEGACY_PATH`` objects instead when applicable.

            New code should avoid using :fixture:`testdir` in favor of :fixture:`pytester`.
            """
            return Testdir(pytester, _ispytest=True)

    return LegacyTestdirPlugin()


# ---- Attributes that the plugin adds to classes made in C, each by the name that its table gives ----


def Cache_makedir(self, name):
    """Return a directory path object with the given name.

    Same as :func:`mkdir`, but returns a legacy py path instance.
    """
    return legacy_path(self.mkdir(name))


def Node_fspath(self):
    return legacy_path(self.path)


def Node_fspath_set(self, value):
    from pathlib import Path

    self.path = Path(value)


def FixtureRequest_fspath(self):
    return legacy_path(self.path)


def startdir(self):
    return legacy_path(self.startpath)


def Config_invocation_dir(self):
    return legacy_path(str(self.invocation_params.dir))


def Config_rootdir(self):
    return legacy_path(str(self.rootpath))


def Config_inifile(self):
    return legacy_path(str(self.inipath)) if self.inipath else None


def Config__tmpdirhandler(self):
    handler = self.__dict__.get("_legacy_tmpdirhandler")
    if handler is None:
        handler = TempdirFactory(self._tmp_path_factory, _ispytest=True)
        self.__dict__["_legacy_tmpdirhandler"] = handler
    return handler


def Config__getini_unknown_type(self, name, type, value):
    if type != "pathlist":
        raise ValueError(f"unknown configuration type: {type}", value)
    import shlex

    folder = self.inipath.parent
    words = shlex.split(value) if isinstance(value, str) else value
    return [legacy_path(str(folder / word)) for word in words]


def __getattr__(name):
    from fastest._native_hooks import attribute

    return attribute(__name__, name)
