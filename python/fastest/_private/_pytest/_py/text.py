"""Paths as text: what is asked of a path without looking at the file system."""

import fnmatch as _fnmatch
import os

from .error import checked_call


class FNMatcher:
    """A glob as a predicate of paths: of names, or of whole paths when the glob holds a separator."""

    def __init__(self, pattern):
        self.pattern = pattern

    def __call__(self, path):
        pattern = self.pattern
        if os.sep not in pattern:
            name = path.basename
        else:
            name = str(path)
            if not os.path.isabs(pattern):
                pattern = "*" + os.sep + pattern
        return _fnmatch.fnmatch(name, pattern)


class TextPath:
    """An absolute path: its parts, its order among others, the way to them."""

    def __init__(self, path=None, expanduser=False):
        if path is None:
            self.strpath = checked_call(os.getcwd)
            return
        try:
            text = os.fspath(path)
        except TypeError:
            raise ValueError("can only pass None, Path instances or non-empty strings to LocalPath") from None
        if expanduser:
            text = os.path.expanduser(text)
        self.strpath = os.path.abspath(text)

    def __fspath__(self):
        return self.strpath

    def __str__(self):
        return self.strpath

    def __repr__(self):
        return f"local({self.strpath!r})"

    def __hash__(self):
        return hash(self.strpath)

    def __eq__(self, other):
        try:
            return self.strpath == os.fspath(other)
        except TypeError:
            return False

    def __ne__(self, other):
        return not self == other

    def __lt__(self, other):
        return self.strpath < os.fspath(other)

    def __gt__(self, other):
        return self.strpath > os.fspath(other)

    def __truediv__(self, other):
        return self.join(os.fspath(other))

    __div__ = __truediv__

    def __add__(self, other):
        return self._fresh(self.strpath + str(other))

    def _fresh(self, text):
        path = object.__new__(self.__class__)
        path.strpath = os.path.normpath(text)
        return path

    @property
    def basename(self):
        return self.strpath.rpartition(os.sep)[2]

    @property
    def dirname(self):
        return os.path.dirname(self.strpath)

    @property
    def purebasename(self):
        return os.path.splitext(self.basename)[0]

    @property
    def ext(self):
        return os.path.splitext(self.basename)[1]

    def join(self, *args, abs=False):
        """The path with the arguments behind it; with `abs`, an absolute argument starts afresh."""
        text = self.strpath
        for arg in map(os.fspath, args):
            if abs and os.path.isabs(arg):
                text = arg
            else:
                text = text.rstrip(os.sep) + os.sep + arg.strip(os.sep)
        return self._fresh(text)

    def dirpath(self, *args, **kwargs):
        """The folder that it is in, with the arguments behind that."""
        parent = self._fresh(self.dirname)
        return parent.join(*args, **kwargs) if args else parent

    def new(self, **parts):
        """The path with parts of it replaced: drive, dirname, basename, or purebasename and ext."""
        if "basename" in parts:
            if "purebasename" in parts or "ext" in parts:
                raise ValueError(f"invalid specification {parts!r}")
            name = parts["basename"]
        else:
            ext = parts.get("ext", self.ext)
            if ext and not ext.startswith("."):
                ext = "." + ext
            name = parts.get("purebasename", self.purebasename) + ext
        return self._fresh(os.path.join(parts.get("dirname", self.dirname), name))

    def _getbyspec(self, spec):
        """The named parts of the path, as a list."""
        return [
            self.strpath.partition(os.sep)[0] if name == "drive" else getattr(self, name)
            for name in map(str.strip, spec.split(","))
        ]

    def parts(self, reverse=False):
        """The path and all folders above it, from the root on."""
        found = [self]
        while found[-1].dirname != found[-1].strpath:
            found.append(found[-1].dirpath())
        return found if reverse else found[::-1]

    def common(self, other):
        """The longest path that both begin with."""
        last = None
        for own, others in zip(self.parts(), TextPath(other).parts()):
            if own != others:
                break
            last = own
        return last

    def relto(self, relpath):
        """The path below a folder, as text; "" when it is not below it."""
        if not isinstance(relpath, (str, TextPath)):
            raise TypeError(f"{relpath!r}: not a string or path object")
        base = str(relpath)
        if not base:
            return ""
        base = base if base.endswith(os.sep) else base + os.sep
        return self.strpath[len(base) :] if self.strpath.startswith(base) else ""

    def bestrelpath(self, dest):
        """The way from here to there as text: relative where the two have something in common."""
        if not isinstance(dest, TextPath):
            return str(dest)
        if self == dest:
            return os.curdir
        return os.path.relpath(dest.strpath, self.strpath)

    def fnmatch(self, pattern):
        return FNMatcher(pattern)(self)

    def realpath(self):
        return self.__class__(os.path.realpath(self.strpath))
