"""--fixtures and --fixtures-per-test."""

from __future__ import annotations

import inspect
import os
from pathlib import Path

from _pytest.fixtures_texts import location
from _pytest.fixtures_texts import native_module


def _docstring(function):
    if hasattr(function, "_fixture_doc"):
        return function._fixture_doc and inspect.cleandoc(function._fixture_doc)
    return None if native_module(function) else inspect.getdoc(function)


def _module_of(function):
    return native_module(function) or function.__module__


def _relative(folder, path):
    from _pytest.pathlib import bestrelpath

    return bestrelpath(folder, Path(path))


def _pretty_path(folder, function):
    """The place of a fixture; those of pytest itself without the folder of the installation."""
    import _pytest

    place = location(function, folder)
    own = os.path.dirname(_pytest.__file__) + os.sep
    if place.startswith(own):
        return os.path.join("...", "_pytest", place[len(own) :])
    return _relative(folder, place)


def write_docstring(tw, doc, indent="    "):
    for line in doc.split("\n"):
        tw.line(indent + line)


def _write_documentation(tw, definition, verbose):
    doc = _docstring(definition.func)
    if doc:
        write_docstring(tw, doc if verbose > 0 else doc.split("\n\n", maxsplit=1)[0])
    else:
        tw.line("    no docstring available", red=True)


def showfixtures(config):
    from _pytest.main import wrap_session

    return wrap_session(config, _show_all)


def _show_all(config, session):
    from _pytest.config import create_terminal_writer

    session.perform_collect()
    folder = config.invocation_params.dir
    tw = create_terminal_writer(config)
    verbose = config.get_verbosity()

    rows = []
    for definition in session._fixturemanager._get_all_fixture_defs():
        function = definition.func
        key = (len(definition.baseid), _module_of(function), _pretty_path(folder, function), definition.argname)
        rows.append((key, definition))
    rows.sort(key=lambda row: row[0])

    shown_module = None
    for (_, module, place, name), definition in rows:
        if module != shown_module and not module.startswith("_pytest."):
            tw.line()
            tw.sep("-", f"fixtures defined from {module}")
            shown_module = module
        if verbose <= 0 and name.startswith("_"):
            continue
        tw.write(name, green=True)
        if definition.scope != "function":
            tw.write(f" [{definition.scope} scope]", cyan=True)
        tw.write(f" -- {place}", yellow=True)
        tw.write("\n")
        _write_documentation(tw, definition, verbose)
        tw.line()


def show_fixtures_per_test(config):
    from _pytest.main import wrap_session

    return wrap_session(config, _show_per_test)


def _used_definitions(item):
    """What the test asks for, as far as that is known before it runs."""
    from _pytest.python import DirectParamFixtureDef

    info = getattr(item, "_fixtureinfo", None)
    if info is None:
        return
    for _, definitions in sorted(info.name2fixturedefs.items()):
        if definitions and not isinstance(definitions[-1], DirectParamFixtureDef):
            yield definitions[-1]


def _show_per_test(config, session):
    from _pytest.config import create_terminal_writer

    session.perform_collect()
    folder = config.invocation_params.dir
    tw = create_terminal_writer(config)
    verbose = config.get_verbosity()

    for item in session.items:
        definitions = list(_used_definitions(item))
        if not definitions:
            continue
        tw.line()
        tw.sep("-", f"fixtures used by {item.name}")
        tw.sep("-", f"({_relative(folder, location(item.function, folder))})")
        for definition in definitions:
            if verbose <= 0 and definition.argname.startswith("_"):
                continue
            tw.write(definition.argname, green=True)
            tw.write(f" -- {_pretty_path(folder, definition.func)}", yellow=True)
            tw.write("\n")
            _write_documentation(tw, definition, verbose)
