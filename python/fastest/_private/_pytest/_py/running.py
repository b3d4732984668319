"""Files as modules and as programs."""

import os
import sys

from . import error


class RunnablePath:
    """What a path of the file system can be to Python: part of a package, a module, a program."""

    def pypkgpath(self):
        """The outermost folder of the package that it is in, or None."""
        found = None
        for parent in self.parts(reverse=True):
            if parent.isdir():
                if not parent.join("__init__.py").exists() or not parent.basename.isidentifier():
                    break
                found = parent
        return found

    def _ensuresyspath(self, ensuremode, path):
        if not ensuremode or str(path) in sys.path:
            return
        if ensuremode == "append":
            sys.path.append(str(path))
        else:
            sys.path.insert(0, str(path))

    def pyimport(self, modname=None, ensuresyspath=True):
        """Imports the file as the module that it is in its package."""
        import importlib

        if not self.check():
            raise error.ENOENT(self)
        if modname is not None:
            return self._exec_as(modname)
        package = self.pypkgpath()
        root = package.dirpath() if package else self.dirpath()
        if ensuresyspath == "importlib":
            from importlib.util import module_from_spec
            from importlib.util import spec_from_file_location

            spec = spec_from_file_location(self.purebasename, self.strpath)
            if spec is None or spec.loader is None:
                raise ImportError(f"Can't find module {self.purebasename} at location {self}")
            module = module_from_spec(spec)
            spec.loader.exec_module(module)
            return module
        self._ensuresyspath(ensuresyspath, root)
        names = self.new(ext="").relto(root).split(os.sep)
        if names[-1] == "__init__":
            names.pop()
        name = ".".join(names)
        module = importlib.import_module(name)
        if self.basename == "__init__.py":
            return module
        if os.environ.get("PY_IGNORE_IMPORTMISMATCH") != "1" and not self._is_origin(module.__file__):
            raise self.ImportMismatchError(name, module.__file__, self)
        return module

    def _is_origin(self, origin):
        """Whether a module with that __file__ came from this path."""
        if origin is None:
            return True
        if origin.endswith((".pyc", ".pyo")):
            origin = origin[:-1]
        elif origin.endswith("$py.class"):
            origin = origin[:-9] + ".py"
        try:
            return self.samefile(origin) or self.samefile(os.path.dirname(origin))
        except error.ENOENT:
            return False

    def _exec_as(self, modname):
        """The module of that name; when there is none, the file is run as it."""
        import types

        if modname not in sys.modules:
            module = sys.modules[modname] = types.ModuleType(modname)
            module.__file__ = self.strpath
            try:
                exec(compile(self.read_binary(), self.strpath, "exec"), module.__dict__)
            except BaseException:
                del sys.modules[modname]
                raise
        return sys.modules[modname]

    def sysexec(self, *argv, **popen_opts):
        """Runs the program and returns what it prints."""
        import subprocess

        popen_opts.pop("stdout", None)
        popen_opts.pop("stderr", None)
        done = subprocess.run(
            [self.strpath, *map(str, argv)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **popen_opts
        )
        if done.returncode:
            raise RuntimeError(f"{self} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    @classmethod
    def sysfind(cls, name, checker=None, paths=None):
        """The program of that name on PATH, or None."""
        if os.path.isabs(name):
            found = cls(name)
            return found if found.check(file=1) else None
        if paths is None:
            paths = filter(None, os.environ.get("PATH", "").split(os.pathsep))
        for folder in paths:
            candidate = cls(folder).join(name, abs=True)
            if candidate.check(file=1) and (not checker or checker(candidate)):
                return candidate
        return None


def isimportable(name):
    """Whether the name could be a module's."""
    if not name or not (name[0].isalpha() or name[0] == "_"):
        return False
    rest = name.replace("_", "")
    return not rest or rest.isalnum()
