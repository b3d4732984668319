"""The plugin of `fastest discover --exact`: what fastest._collected writes, and behind each item what it is:

    c CLASSES   "Outer::Inner"
    n NAME      of its function
    i ID        what stands in the brackets
    p PATH      the file that it was collected from
    f FILE      where it is defined, relative to the root
    l LINE COLUMN END FLAGS
    m NAME      a mark, the closest first
    a JSON      its arguments, if they are literals
    x NAME      a fixture

and at the end, for each file of the project that was imported or read meanwhile, S PATH; for each that is collected
only because it was asked for by name, G PATH.
"""
import inspect
import json
import linecache
import os
import sys
import unittest

import pytest

from fastest import _collected

ASYNC, UNITTEST = 2, 4  # enum test_flags

_read = set()
_is_reading = True


def _audit(event, arguments):
    if event == "open" and _is_reading:
        path, mode = arguments[0], arguments[1]
        if isinstance(path, (str, bytes)) and (mode is None or "r" in mode):
            _read.add(os.fsdecode(path))


def _is_literal(value):
    if isinstance(value, (list, tuple)):
        return all(map(_is_literal, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_literal(item) for key, item in value.items())
    return value is None or type(value) in (str, int, float, bool)


def _mark(mark):
    entries = ["m " + mark.name]
    if _is_literal(mark.args) and _is_literal(mark.kwargs):
        entries.append("a " + json.dumps({"args": mark.args, "kwargs": mark.kwargs}))
    return entries


def _place(item):
    """(line, column, last line) of `def`."""
    code = getattr(inspect.unwrap(getattr(item, "function", None)), "__code__", None)
    if code is None:
        return ((item.location[1] or 0) + 1, 0, 0)
    lines = [line for _, _, line in code.co_lines() if line]
    for number in range(code.co_firstlineno, max(lines, default=0) + 1):
        text = linecache.getline(code.co_filename, number)
        if text.lstrip().startswith(("def ", "async ")):
            return (number, len(text) - len(text.lstrip()), max(lines))
    return (code.co_firstlineno, 0, max(lines, default=0))


def _describe(item):
    file = item.getparent(pytest.File)
    if file is None or not item.nodeid.startswith(file.nodeid + "::"):
        return []
    name = item.nodeid[len(file.nodeid) + 2 :]
    entries = ["p %s" % file.path, "f " + item.location[0]]
    callspec = getattr(item, "callspec", None)
    if callspec is not None and name.endswith("[%s]" % callspec.id):
        name = name[: -len(callspec.id) - 2]
        entries.append("i " + callspec.id)
    classes = "::".join(node.name for node in item.listchain() if isinstance(node, pytest.Class))
    if classes and name.startswith(classes + "::"):
        name = name[len(classes) + 2 :]
        entries.append("c " + classes)
    entries.append("n " + name)
    function = getattr(item, "function", None)
    is_async = inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)
    is_unittest = isinstance(getattr(item, "cls", None), type) and issubclass(item.cls, unittest.TestCase)
    entries.append("l %d %d %d %d" % (*_place(item), ASYNC * is_async + UNITTEST * is_unittest))
    for mark in item.iter_markers():
        entries += _mark(mark)
    return entries + ["x " + fixture for fixture in getattr(item, "fixturenames", ())]


def _sources(root):
    library = tuple({os.path.join(os.path.dirname(os.__file__), ""), os.path.join(os.path.dirname(__file__), "")})
    paths = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    paths = {path for path in paths if isinstance(path, str) and path.endswith(".py")}
    paths |= {path for path in map(os.path.abspath, _read) if path.startswith(os.path.join(root, ""))}
    skipped = ("/site-packages/", "/dist-packages/", "/__pycache__/", "/.pytest_cache/")
    return sorted(
        path
        for path in paths
        if not path.startswith(library) and not any(part in path for part in skipped) and os.path.isfile(path)
    )


def _is_ignored(session, path):
    root = session.config.rootpath
    for one in (path, *path.parents):
        if one == root or root not in one.parents:
            return False
        if session.gethookproxy(one.parent).pytest_ignore_collect(collection_path=one, config=session.config):
            return True
    return False


class Details(_collected.Collected):
    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session):
        global _is_reading
        _is_reading = False
        for item in session.items:
            self.items.append("I " + item.nodeid)
            self.items += _describe(item)
        for path in {file.path for file in (item.getparent(pytest.File) for item in session.items) if file}:
            if _is_ignored(session, path):
                self.items.append("G %s" % path)
        self.items += ["S " + path for path in _sources(str(session.config.rootpath))]


def pytest_configure(config):
    path, _collected._path = _collected._path, None
    if path:
        config.pluginmanager.register(Details(path), "fastest-collected")


sys.addaudithook(_audit)
