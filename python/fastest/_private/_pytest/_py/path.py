"""py.path.local: paths as objects, from before pathlib. Here is what the file system has to do with it."""

import atexit
import contextlib
import os
import shutil
import stat as _stat
import sys
import time

from . import error
from .error import checked_call
from .running import isimportable as isimportable
from .running import RunnablePath
from .text import FNMatcher
from .text import TextPath


class NeverRaised(Exception):
    """The exception that visit() ignores when it is told to ignore none."""


class Stat:
    """The result of os.stat() without the `st_` before its names."""

    def __init__(self, path, osstatresult):
        self.path = path
        self._osstatresult = osstatresult

    def __getattr__(self, name):
        return getattr(self._osstatresult, "st_" + name)

    @property
    def owner(self):
        import pwd

        return checked_call(pwd.getpwuid, self.uid)[0]

    @property
    def group(self):
        import grp

        return checked_call(grp.getgrgid, self.gid)[0]

    def isdir(self):
        return _stat.S_ISDIR(self._osstatresult.st_mode)

    def isfile(self):
        return _stat.S_ISREG(self._osstatresult.st_mode)

    def islink(self):
        return _stat.S_ISLNK(self._osstatresult.st_mode)


def _predicate(fil):
    return FNMatcher(fil) if isinstance(fil, str) else fil


class _Checks:
    """What check() can ask; each method says yes or no."""

    def __init__(self, path):
        self.path = path

    def exists(self):
        return self.path.exists()

    def file(self):
        return self.path.isfile()

    def dir(self):
        return self.path.isdir()

    def link(self):
        return self.path.islink()

    def dotfile(self):
        return self.path.basename.startswith(".")

    def ext(self, arg):
        return self.path.ext == (arg if arg.startswith(".") else "." + arg)

    def basename(self, arg):
        return self.path.basename == arg

    def basestarts(self, arg):
        return self.path.basename.startswith(arg)

    def relto(self, arg):
        return bool(self.path.relto(arg))

    def fnmatch(self, arg):
        return self.path.fnmatch(arg)

    def endswith(self, arg):
        return str(self.path).endswith(arg)

    def answer(self, name, value):
        """Whether one keyword argument of check() holds; `notNAME` asks for the opposite."""
        expected = True
        method = getattr(self, name, None)
        if method is None and name.startswith("not"):
            method = getattr(self, name[3:], None)
            expected = False
        if method is None or name in ("path", "answer"):
            raise TypeError(f"no {name!r} checker available for {self.path!r}")
        takes_value = method.__func__.__code__.co_argcount > 1
        if takes_value:
            return bool(method(value)) is expected
        return bool(method()) is (expected if value else not expected)


class LocalPath(TextPath, RunnablePath):
    """A path of the local file system, always absolute."""

    sep = os.sep

    class ImportMismatchError(ImportError):
        """Raised by pyimport() when a module of that name came from another file."""

    # ---- Questions ----

    def check(self, **kw):
        """Whether all that is asked holds: file=1, dir=1, link=1, ext=".py", notfile=1, ...; alone: exists."""
        checks = _Checks(self)
        if not kw:
            return self.exists()
        return all(checks.answer(name, value) for name, value in kw.items())

    def exists(self):
        return os.path.exists(self.strpath)

    def isdir(self):
        return os.path.isdir(self.strpath)

    def isfile(self):
        return os.path.isfile(self.strpath)

    def islink(self):
        return os.path.islink(self.strpath)

    def samefile(self, other):
        text = os.fspath(other)
        if not os.path.isabs(text):
            text = os.path.abspath(text)
        return self == text or checked_call(os.path.samefile, self.strpath, text)

    def stat(self, raising=True):
        if raising:
            return Stat(self, checked_call(os.stat, self.strpath))
        try:
            return Stat(self, os.stat(self.strpath))
        except OSError:
            return None

    def lstat(self):
        return Stat(self, checked_call(os.lstat, self.strpath))

    def size(self):
        return self.stat().size

    def mtime(self):
        return self.stat().mtime

    def atime(self):
        return self.stat().atime

    def computehash(self, hashtype="md5", chunksize=524288):
        import hashlib

        digest = hashlib.new(hashtype)
        with self.open("rb") as file:
            while chunk := file.read(chunksize):
                digest.update(chunk)
        return digest.hexdigest()

    # ---- Folders ----

    def listdir(self, fil=None, sort=None):
        """The paths in a folder that the predicate or glob `fil` lets through."""
        predicate = _predicate(fil)
        found = [self._fresh(self.strpath + os.sep + name) for name in checked_call(os.listdir, self.strpath)]
        if predicate is not None:
            found = [path for path in found if predicate(path)]
        if sort:
            found.sort(key=sort if callable(sort) else None)
        return found

    def visit(self, fil=None, rec=None, ignore=NeverRaised, bf=False, sort=False):
        """All paths below it that `fil` lets through, going into the folders that `rec` lets through."""
        wanted, enters = _predicate(fil), _predicate(rec)
        if rec is not None and not callable(enters):
            enters = None if rec else (lambda path: False)
        try:
            entries = self.listdir()
        except ignore:
            return
        if sort:
            entries.sort(key=sort if callable(sort) else None)
        folders = [path for path in entries if path.isdir() and not path.islink() and (not enters or enters(path))]
        if not bf:
            for folder in folders:
                yield from folder.visit(fil, rec, ignore, bf, sort)
        for path in entries:
            if wanted is None or wanted(path):
                yield path
        if bf:
            for folder in folders:
                yield from folder.visit(fil, rec, ignore, bf, sort)

    def mkdir(self, *args):
        path = self.join(*args)
        checked_call(os.mkdir, path.strpath)
        return path

    def ensure(self, *args, **kwargs):
        """Makes the path behind the arguments where it is missing: a file, or with dir=True a folder."""
        path = self.join(*args)
        if kwargs.get("dir", 0):
            return path._ensuredirs()
        path.dirpath()._ensuredirs()
        if not path.check(file=1):
            path.open("wb").close()
        return path

    def ensure_dir(self, *args):
        return self.ensure(*args, dir=True)

    def _ensuredirs(self):
        if not self.isdir():
            checked_call(os.makedirs, self.strpath, exist_ok=True)
        return self

    def chdir(self):
        """Makes it the working folder; returns the one before, None when that is gone."""
        try:
            before = self.__class__()
        except error.ENOENT:
            before = None
        checked_call(os.chdir, self.strpath)
        return before

    @contextlib.contextmanager
    def as_cwd(self):
        """A context in which it is the working folder."""
        before = self.chdir()
        try:
            yield before
        finally:
            if before is not None:
                before.chdir()

    # ---- Files ----

    def open(self, mode="r", ensure=False, encoding=None):
        if ensure:
            self.dirpath()._ensuredirs()
        return checked_call(open, self.strpath, mode, encoding=encoding)

    def read_binary(self):
        with self.open("rb") as file:
            return file.read()

    def read_text(self, encoding):
        with self.open("r", encoding=encoding) as file:
            return file.read()

    def read(self, mode="r"):
        with self.open(mode) as file:
            return file.read()

    def readlines(self, cr=1):
        text = self.read("r")
        return text.splitlines(keepends=True) if cr else text.split("\n")

    def write_binary(self, data, ensure=False):
        if ensure:
            self.dirpath()._ensuredirs()
        with self.open("wb") as file:
            file.write(data)

    def write_text(self, data, encoding, ensure=False):
        if ensure:
            self.dirpath()._ensuredirs()
        with self.open("w", encoding=encoding) as file:
            file.write(data)

    def write(self, data, mode="w", ensure=False):
        if ensure:
            self.dirpath()._ensuredirs()
        if "b" in mode:
            if not isinstance(data, bytes):
                raise ValueError("can only process bytes")
        elif isinstance(data, bytes):
            data = data.decode(sys.getdefaultencoding())
        elif not isinstance(data, str):
            data = str(data)
        with self.open(mode) as file:
            file.write(data)

    def load(self):
        import pickle

        with self.open("rb") as file:
            return checked_call(pickle.load, file)

    def dump(self, obj, bin=1):
        import pickle

        with self.open("wb") as file:
            checked_call(pickle.dump, obj, file, bin)

    def copy(self, target, mode=False, stat=False):
        """Copies the file or the folder; into the target when that is a folder."""
        target = LocalPath(target)
        if self.isfile():
            if target.isdir():
                target = target.join(self.basename)
            checked_call(shutil.copyfile, self.strpath, target.strpath)
            if mode:
                checked_call(shutil.copymode, self.strpath, target.strpath)
            if stat:
                checked_call(shutil.copystat, self.strpath, target.strpath)
            return
        target._ensuredirs()
        for path in self.visit(rec=lambda path: not path.islink()):
            copied = target.join(path.relto(self))
            copied.dirpath()._ensuredirs()
            if path.islink():
                copied.mksymlinkto(path.readlink())
            elif path.isdir():
                copied._ensuredirs()
            else:
                path.copy(copied, mode=mode, stat=stat)

    def rename(self, target):
        checked_call(os.rename, self.strpath, os.fspath(target))

    def move(self, target):
        try:
            self.rename(target)
        except error.EXDEV:
            self.copy(target)
            self.remove()

    def remove(self, rec=1, ignore_errors=False):
        """Removes the file, or the folder with all in it."""
        if not self.isdir() or self.islink():
            if ignore_errors:
                with contextlib.suppress(error.Error):
                    checked_call(os.remove, self.strpath)
            else:
                checked_call(os.remove, self.strpath)
        elif rec:
            checked_call(shutil.rmtree, self.strpath, ignore_errors=ignore_errors)
        else:
            checked_call(os.rmdir, self.strpath)

    def setmtime(self, mtime=None):
        checked_call(os.utime, self.strpath, None if mtime is None else (self.atime(), mtime))

    def chmod(self, mode, rec=0):
        if not isinstance(mode, int):
            raise TypeError(f"mode {mode!r} must be an integer")
        if rec:
            for path in self.visit(rec=rec):
                checked_call(os.chmod, str(path), mode)
        checked_call(os.chmod, self.strpath, mode)

    def chown(self, user, group, rec=0):
        if rec:
            for path in self.visit(rec=lambda path: not path.islink()):
                if not path.islink():
                    checked_call(shutil.chown, str(path), user, group)
        checked_call(shutil.chown, self.strpath, user, group)

    def readlink(self):
        return checked_call(os.readlink, self.strpath)

    def mklinkto(self, oldname):
        checked_call(os.link, str(oldname), self.strpath)

    def mksymlinkto(self, value, absolute=1):
        """Makes it a link to `value`, relative where both are in one tree and `absolute` is false."""
        text = str(value)
        if not absolute and os.path.isabs(text):
            text = os.path.relpath(text, self.dirname)
        checked_call(os.symlink, text, self.strpath)

    # ---- Temporary folders ----

    @classmethod
    def _gethomedir(cls):
        home = os.environ.get("HOME")
        return cls(home) if home else None

    @classmethod
    def get_temproot(cls):
        import tempfile

        return cls(tempfile.gettempdir())

    @classmethod
    def mkdtemp(cls, rootdir=None):
        import tempfile

        root = cls.get_temproot() if rootdir is None else rootdir
        return cls(checked_call(tempfile.mkdtemp, dir=str(root)))

    @classmethod
    def make_numbered_dir(cls, prefix="session-", rootdir=None, keep=3, lock_timeout=172800):
        """A new folder <prefix><number>, without those more than `keep` numbers before it.

        While this process lives, a link .lock in it keeps it from being removed by others; one that is older than
        `lock_timeout` seconds (0: no locks) is nobody's any more.
        """
        root = cls.get_temproot() if rootdir is None else cls(rootdir)

        def number_of(path):
            # Regardless of case: the file system may not tell them apart.
            rest = path.basename[len(prefix) :]
            return int(rest) if path.basename.lower().startswith(prefix.lower()) and rest.isdigit() else -1

        while True:
            highest = max(map(number_of, root.listdir()), default=-1)
            try:
                made = root.mkdir(f"{prefix}{highest + 1}")
                if lock_timeout:
                    atexit.register(_unlock, _lock(made), os.getpid())
                break
            except (error.EEXIST, error.ENOENT):
                continue
        if keep:
            for path in root.listdir():
                if 0 <= number_of(path) <= highest - keep and (not lock_timeout or _may_remove(path, lock_timeout)):
                    path.remove(rec=1, ignore_errors=True)
        return made


def _lock(folder):
    link = folder.join(".lock")
    link.mksymlinkto(str(os.getpid()))
    return link


def _unlock(link, pid):
    """At exit; a child that was forked leaves it to its parent."""
    if os.getpid() == pid:
        with contextlib.suppress(error.Error):
            link.remove()


def _may_remove(folder, lock_timeout):
    """Whether nobody's lock is on it; then it is ours."""
    try:
        _lock(folder)
    except error.EEXIST:
        with contextlib.suppress(error.Error):
            return folder.lstat().mtime + lock_timeout < time.time()
        return False
    except error.Error:
        return False
    return True


local = LocalPath
