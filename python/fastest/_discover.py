"""fastest.discover_tests(): which tests there are, told from the sources, as objects."""
from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Union

from fastest import _fastest

_Path = Union[str, "os.PathLike[str]"]


@dataclass(frozen=True)
class MarkInfo:
    """A mark of a test: its own, its class's, its module's, or its parameters'."""

    name: str
    """``slow`` of ``@pytest.mark.slow``."""
    args: tuple[Any, ...] | None
    """The positional arguments; None where some argument is no literal."""
    kwargs: Mapping[str, Any] | None
    """The keyword arguments; None where some argument is no literal."""


@dataclass(frozen=True)
class Problem:
    """A file or folder that cannot be collected."""

    path: str
    """Relative to the root folder where it is below it."""
    line: int
    """0: all of it."""
    message: str
    """One sentence."""


@dataclass(frozen=True)
class TestInfo:
    """A test that a run would collect."""

    __test__ = False

    id: str
    """``path::Class::name[parameters]``, as pytest prints it and takes it as an argument."""
    path: str
    """The collected file, absolute."""
    file: str
    """Where the function is defined: as in ids, relative to the root folder. Inherited tests are defined elsewhere."""
    line: int
    """Of ``def``, from 1."""
    column: int
    """Of ``def``, in bytes from 0."""
    end_line: int
    """The function's last line."""
    class_name: str | None
    """``Outer::Inner``; None outside of classes."""
    function: str
    """The function's name."""
    is_async: bool
    """Whether it is an ``async def``."""
    is_unittest: bool
    """Whether its class is a ``unittest.TestCase``."""
    marks: tuple[MarkInfo, ...]
    """The closest to the function first, as ``Node.iter_markers()`` has them."""
    fixtures: tuple[str, ...]
    """The names of all fixtures that it uses, directly or not, in pytest's order."""
    parameter_id: str | None
    """What stands in the brackets of the id; None: it is not parametrized."""
    parameter_names: tuple[str, ...]
    """The names of arguments and fixtures that the parameters are for."""
    exact: bool = field(default=True)
    """Whether a collection by the interpreter finds exactly this id, in this order among the exact ones."""
    reason: str | None = None
    """Why it is not exact."""
    recorded: bool = False
    """Whether it is known from a collection by the interpreter, since the sources alone do not tell."""


def _mark(name: str, text: str | None, known: dict[tuple[str, str | None], MarkInfo]) -> MarkInfo:
    mark = known.get((name, text))
    if mark is None:
        if text is None:
            mark = MarkInfo(name, None, None)
        else:
            import json

            arguments = json.loads(text)
            mark = MarkInfo(name, tuple(arguments.get("args", ())), arguments.get("kwargs", {}))
        known[name, text] = mark
    return mark


def _options(
    keyword: str | None,
    marks: str | None,
    ignore: Iterable[_Path],
    ignore_glob: Iterable[str],
    deselect: Iterable[str],
    config: _Path | None,
    rootdir: _Path | None,
    settings: Mapping[str, str],
) -> list[str]:
    words: list[str] = []
    if keyword is not None:
        words.append("-k=" + keyword)
    if marks is not None:
        words.append("-m=" + marks)
    words += ["--ignore=" + os.fspath(path) for path in ignore]
    words += ["--ignore-glob=" + pattern for pattern in ignore_glob]
    words += ["--deselect=" + prefix for prefix in deselect]
    if config is not None:
        words.append("--config-file=" + os.fspath(config))
    if rootdir is not None:
        words.append("--rootdir=" + os.fspath(rootdir))
    words += ["--override-ini=%s=%s" % setting for setting in settings.items()]
    return words


def discover_tests(
    paths: _Path | Iterable[_Path] = (),
    *,
    keyword: str | None = None,
    marks: str | None = None,
    ignore: Iterable[_Path] = (),
    ignore_glob: Iterable[str] = (),
    deselect: Iterable[str] = (),
    config: _Path | None = None,
    rootdir: _Path | None = None,
    settings: Mapping[str, str] = {},
    options: Iterable[str] = (),
    folder: _Path | None = None,
    python: _Path | None = None,
    index: bool = True,
    problems: list[Problem] | None = None,
) -> list[TestInfo]:
    """The tests that a run would collect, in its order, without importing any of them.

    :param paths: Files, folders or ids, as on the command line; none: what the configuration says.
    :param keyword: An expression as for ``-k``.
    :param marks: An expression as for ``-m``.
    :param ignore: Paths to leave out, as for ``--ignore``.
    :param ignore_glob: Patterns of paths to leave out, as for ``--ignore-glob``.
    :param deselect: Beginnings of ids to leave out, as for ``--deselect``.
    :param config: The configuration file, as for ``-c``.
    :param rootdir: The root folder, as for ``--rootdir``.
    :param settings: Settings in place of the configuration's, as for ``-o``.
    :param options: Further words of a command line.
    :param folder: The folder to start from; None: the working folder.
    :param python: The project's interpreter; None: this one.
    :param index: Whether to read and write the index in ``.pytest_cache``.
    :param problems: A list that gets what could not be collected.
    :raises ValueError: In pytest's words, for arguments or a configuration that pytest refuses.
    """
    if isinstance(paths, (str, os.PathLike)):
        paths = [paths]
    words = [*options, *_options(keyword, marks, ignore, ignore_glob, deselect, config, rootdir, settings)]
    words += [os.fspath(path) for path in paths]
    where = os.path.abspath(os.getcwd() if folder is None else folder)
    program = os.path.abspath(sys.executable if python is None else python) if python or sys.executable else None
    tests, found = _fastest._discover(
        os.fsencode(where),
        [os.fsencode(word) for word in words],
        [os.fsencode(name + "=" + value) for name, value in os.environ.items()],
        program and os.fsencode(program),
        not index,
    )
    if problems is not None:
        problems.extend(Problem(*problem) for problem in found)
    known: dict[tuple[str, str | None], MarkInfo] = {}
    return [
        TestInfo(*test[:10], tuple(_mark(name, text, known) for name, text in test[10]), *test[11:]) for test in tests
    ]
