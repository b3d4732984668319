"""The files of a Pytester: its folder, what is written into it, and examples copied there."""

from __future__ import annotations

import os
import shutil

from _pytest._code import Source


class Files:
    """The part of Pytester that makes files; needs `path`, `_name`, `_request`, `_monkeypatch`."""

    def chdir(self):
        """Makes the folder the working folder; that is done at the beginning of the test, too."""
        self._monkeypatch.chdir(self.path)

    def _makefile(self, ext, lines, files, encoding="utf-8"):
        if ext is None:
            raise TypeError("ext must not be None")
        if ext and ext[0] != ".":
            raise ValueError(f"pytester.makefile expects a file extension, try .{ext} instead of {ext}")

        def text_of(line):
            return line.decode(encoding) if isinstance(line, bytes) else str(line)

        contents = list(files.items())
        if lines:
            contents.insert(0, (self._name, "\n".join(map(text_of, lines))))
        made = []
        for name, content in contents:
            path = self.path.joinpath(name).with_suffix(ext)
            path.parent.mkdir(parents=True, exist_ok=True)
            text = "\n".join(map(text_of, Source(content).lines))
            path.write_text(text.strip(), encoding=encoding)
            made.append(path)
        assert made
        return made[0]

    def makefile(self, ext, *args, **kwargs):
        r"""Makes text files in the folder, and returns the first.

        :param ext: The extension of them all, with its dot.
        :param args: Lines of a file that is named after the test.
        :param kwargs: Contents of further files by their names, without the extension.

        For example ``pytester.makefile(".ini", pytest="[pytest]\naddopts=-rs\n")``.
        """
        return self._makefile(ext, args, kwargs)

    def makeconftest(self, source):
        """Makes conftest.py."""
        return self.makepyfile(conftest=source)

    def makeini(self, source):
        """Makes tox.ini."""
        return self.makefile(".ini", tox=source)

    def maketoml(self, source):
        """Makes pytest.toml."""
        return self.makefile(".toml", pytest=source)

    def makepyprojecttoml(self, source):
        """Makes pyproject.toml."""
        return self.makefile(".toml", pyproject=source)

    def getinicfg(self, source):
        """Makes tox.ini, and returns its section of pytest."""
        from _pytest.pytester import IniConfig

        return IniConfig(str(self.makeini(source)))["pytest"]

    def makepyfile(self, *args, **kwargs):
        """Makes files with the extension .py: named after the test, or by keyword. See :meth:`makefile`."""
        return self._makefile(".py", args, kwargs)

    def maketxtfile(self, *args, **kwargs):
        """Makes files with the extension .txt: named after the test, or by keyword. See :meth:`makefile`."""
        return self._makefile(".txt", args, kwargs)

    def syspathinsert(self, path=None):
        """Puts a folder (else this one) at the beginning of sys.path until the test ends."""
        self._monkeypatch.syspath_prepend(str(self.path if path is None else path))

    def mkdir(self, name):
        """Makes a folder in the folder."""
        folder = self.path / name
        folder.mkdir()
        return folder

    def mkpydir(self, name):
        """Makes a package in the folder: a folder with an empty ``__init__.py``."""
        folder = self.mkdir(name)
        folder.joinpath("__init__.py").touch()
        return folder

    # -- Examples

    def copy_example(self, name=None):
        """Copies a file or folder from where the ini value `pytester_example_dir` says, and returns the copy's path.

        Marks `pytester_example_path` name folders below that one. Without a name it is the test's own.
        """
        folder = self._example_folder()
        if name is None:
            example = self._example_of_test(folder)
        else:
            example = folder.joinpath(name)
        if example.is_dir() and not example.joinpath("__init__.py").is_file():
            shutil.copytree(example, self.path, symlinks=True, dirs_exist_ok=True)
            return self.path
        if example.is_file():
            copy = self.path.joinpath(example.name)
            shutil.copy(example, copy)
            return copy
        raise LookupError(f'example "{example}" is not found as a file or directory')

    def _example_folder(self):
        config = self._request.config
        setting = config.getini("pytester_example_dir")
        if setting is None:
            raise ValueError("pytester_example_dir is unset, can't copy examples")
        folder = config.rootpath / setting
        for mark in self._request.node.iter_markers("pytester_example_path"):
            assert mark.args
            folder = folder.joinpath(*map(os.fspath, mark.args))
        return folder

    def _example_of_test(self, folder):
        as_folder = folder / self._name
        as_file = folder / f"{self._name}.py"
        if as_folder.is_dir():
            return as_folder
        if as_file.is_file():
            return as_file
        raise LookupError(f"{self._name} can't be found as module or package in {folder}")
