"""Configs and nodes for a Pytester: what a run collects, without the run."""

from __future__ import annotations

import os
from pathlib import Path
from weakref import WeakKeyDictionary

from _pytest.config import ExitCode
from _pytest.main import Session
from _pytest.pathlib import bestrelpath


class Nodes:
    """The part of Pytester that makes configs and nodes; needs `path`, `plugins`, `_name`, `_request`, Files."""

    def _init_nodes(self):
        self._mod_collections = WeakKeyDictionary()

    # -- Configs

    def parseconfig(self, *args):
        """A new :class:`pytest.Config` for these command line arguments, with :attr:`plugins` registered."""
        import _pytest.config

        arguments = [str(argument) for argument in self._ensure_basetemp(args)]
        config = _pytest.config._prepareconfig(arguments, self.plugins)
        # Capturing may have begun: whatever the test does with it, it has to end.
        self._request.addfinalizer(config._ensure_unconfigure)
        return config

    def parseconfigure(self, *args):
        """A new config, as :meth:`parseconfig` makes it, with the :hook:`pytest_configure` hook called."""
        config = self.parseconfig(*args)
        config._do_configure()
        return config

    # -- Nodes

    def getnode(self, config, arg):
        """The node of a file (a path without ``::``) in a new session with this config."""
        assert "::" not in str(arg)
        return self._collect_one(Session.from_config(config), str(Path(os.path.abspath(arg))))

    def getpathnode(self, path):
        """The node of a file in a new session with a new config."""
        path = Path(path)
        session = Session.from_config(self.parseconfigure(path))
        return self._collect_one(session, bestrelpath(session.path, path))

    def _collect_one(self, session, argument):
        hook = session.config.hook
        hook.pytest_sessionstart(session=session)
        node = session.perform_collect([argument], genitems=False)[0]
        hook.pytest_sessionfinish(session=session, exitstatus=ExitCode.OK)
        return node

    def genitems(self, colitems):
        """All items below these nodes."""
        session = colitems[0].session
        return [item for node in colitems for item in session.genitems(node)]

    def getmodulecol(self, source, configargs=(), *, withinit=False):
        """The node of a module: of a path in the folder, or of source code, which is written to a file.

        :param configargs: More arguments for :meth:`parseconfigure`.
        :param withinit: Whether to make an ``__init__.py`` beside it.
        """
        if isinstance(source, os.PathLike):
            assert not withinit, "not supported for paths"
            path = self.path.joinpath(source)
        else:
            path = self.makepyfile(**{self._name: str(source)})
        if withinit:
            self.makepyfile(__init__="#")
        self.config = self.parseconfigure(path, *configargs)
        return self.getnode(self.config, path)

    def getitems(self, source):
        """All items of a module; its source code is written to a file."""
        return self.genitems([self.getmodulecol(source)])

    def getitem(self, source, funcname="test_func"):
        """The item of this name in a module; its source code is written to a file."""
        items = self.getitems(source)
        for item in items:
            if item.name == funcname:
                return item
        assert 0, f"{funcname!r} item not found in module:\n{source}\nitems: {items}"

    def collect_by_name(self, modcol, name):
        """The node of this name directly below a collector (which is collected once), or None."""
        nodes = self._mod_collections.get(modcol)
        if nodes is None:
            nodes = self._mod_collections[modcol] = list(modcol.collect())
        return next((node for node in nodes if node.name == name), None)

    def runitem(self, source):
        """Runs the item test_func by what the test instance's getrunner() gives."""
        item = self.getitem(source)
        return self._request.instance.getrunner()(item)
