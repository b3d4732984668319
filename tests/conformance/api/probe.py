"""A plugin that writes down what Python code can see of the runner: classes, functions, and live objects.

API_NAMES is a JSON file of the names to look at, by module; API_LOG the file for the facts: `name: value` lines.
API_LIKE is the log of an earlier run, whose live attributes are looked for.
"""

import collections.abc
import importlib
import inspect
import json
import os
import re
import sys
import types
import weakref

import pytest

# Private names that plugins use: everything else that begins with an underscore is the runner's own affair.
PRIVATE = set(
    """
    _addoption _arg2fixturedefs _request _fixtureinfo _fixturemanager _store _pyfuncitem _tw _calls
    _get_active_fixturedef _finalizers _nodeid _fixture_defs _getcrashline _getfailureheadline _outrep_summary
    _arg2scope _idlist _start _capture_fixture _global_capturing _getini _parser _tmp_path_factory _excinfo _scope
    _fixture_function_marker _get_wrapped_function _getautousenames _register_fixture _initrequest _instance _obj
    _report_sections _testcase _dispatch _initialpaths _setupstate _fixturedef _parent_request _locationline _session
    _file _from_json _to_json _fillfixtures _idval _format _prepareconfig _remove_ansi_escape_sequences _read_pyc
    _color_for_type _getobj _traceback_filter _prunetraceback _repr_failure_py _genfunctions _showfspath
    _get_multiple_locations _write_progress_information_filling_space _get_progress_information_message
    _write_progress_information_if_past_edge _screen_width _numcollected _progress_nodeids_reported
    _show_progress_info _keyboardinterrupt_memo _is_last_item _suspend _resume _is_started _capture
    _set_name _inicache _opt2dest _override_ini _conftest_plugins _dirpath2confmods _getconftestmodules
    _importconftest _loadconftestmodules _set_initial_conftests _rget_with_confmod _try_load_conftest _getgroup
    _ispytest _matchfactories _collectfile _parsearg _numtests _group _groups _anonymous _inidict _usage _cachedir
    _mkdir _getvaluepath _for_parametrize _with_exception _traceback _striptext
    """.split()
)
DUNDERS = set(
    """
    __call__ __iter__ __next__ __len__ __contains__ __getitem__ __setitem__ __delitem__ __enter__ __exit__ __bool__
    __eq__ __lt__ __hash__ __class_getitem__ __match_args__ __or__ __add__ __truediv__ __fspath__ __getattr__
    """.split()
)
ADDRESS = re.compile(r"0x[0-9a-f]+")
ABSTRACT = [getattr(collections.abc, name) for name in collections.abc.__all__]
OWN = ("_pytest", "pytest", "pluggy")
facts = {}


def is_shown(name):
    if name.startswith("__"):
        return name in DUNDERS
    return (not name.startswith("_") or name in PRIVATE) and name not in ("TYPE_CHECKING", "annotations")


def add(name, value):
    facts[name] = ADDRESS.sub("ADDRESS", str(value)).replace("\n", "\\n")


def signature_of(function):
    try:
        signature = inspect.signature(function)
    except (ValueError, TypeError):
        return "none"
    parameters = [parameter.replace(annotation=parameter.empty) for parameter in signature.parameters.values()]
    # Whether `self` may be given by name is of no use to anybody.
    parameters = [
        parameter.replace(kind=parameter.POSITIONAL_OR_KEYWORD)
        if parameter.kind is parameter.POSITIONAL_ONLY and parameter.name in ("self", "cls", "type")
        else parameter
        for parameter in parameters
    ]
    try:
        return str(signature.replace(parameters=parameters, return_annotation=signature.empty))
    except ValueError:
        return str(parameters)


def is_own(cls):
    return cls.__module__.partition(".")[0] in OWN


def succeeds(function):
    try:
        function()
    except Exception:
        return False
    return True


def set_class_attribute(cls):
    cls.an_attribute_of_a_test = 1
    del cls.an_attribute_of_a_test


def describe_class(name, cls):
    """What pytest's class can do is written down; that ours can do more is no difference."""
    add(f"{name} is", f"{cls.__module__}.{cls.__qualname__}")
    if name.startswith("pytest."):
        return  # described where it is from
    bases = {base for base in cls.__mro__[1:] if base.__module__ not in ("typing", "abc", "collections.abc")}
    for base in [*bases, *ABSTRACT]:
        if issubclass(cls, base):
            add(f"{name} is a subclass of {base.__module__}.{base.__qualname__}", "yes")
    if is_own(type(cls)):
        add(f"{name} metaclass", type(cls).__name__)
    if not issubclass(cls, type):
        add(f"{name} signature", signature_of(cls))
    abilities = {
        "can be derived from": lambda: types.new_class("Derived", (cls,)),
        "has class attributes that can be set": lambda: set_class_attribute(cls),
    }
    for ability, function in abilities.items():
        if succeeds(function):
            add(f"{name} {ability}", "yes")
    if cls.__dictoffset__:
        add(f"{name} has a __dict__", "yes")
    if cls.__weakrefoffset__:
        add(f"{name} has weak references", "yes")
    for attribute in {attribute for base in cls.__mro__ if is_own(base) for attribute in vars(base)}:
        if is_shown(attribute):
            describe_attribute(f"{name}.{attribute}", getattr(cls, attribute, None))


def describe_attribute(name, value):
    if isinstance(value, type):
        add(name, "class")
    elif callable(value) and not inspect.isdatadescriptor(value):
        add(name, "callable")
        add(f"{name} signature", signature_of(value))
    else:
        add(name, "there")


def describe_module(name, attributes):
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        add(f"{name} import", error)
        return
    for attribute in attributes:
        if is_shown(attribute):
            try:
                value = getattr(module, attribute)
            except AttributeError:
                continue
            describe_name(f"{name}.{attribute}", attribute, value)


def describe_name(full, attribute, value):
    if isinstance(value, type):
        if is_own(value):
            describe_class(full, value)
    elif isinstance(value, types.ModuleType):
        pass
    elif callable(value) and not attribute[0].isupper():
        add(f"{full} kind", "callable")
        add(f"{full} signature", signature_of(value))
    elif isinstance(value, (str, int, bytes, float, tuple, frozenset)):
        add(f"{full} value", repr(value) if not isinstance(value, frozenset) else sorted(map(repr, value)))
    else:
        add(f"{full} type", type(value).__name__)


# ---- live objects ----

LIKE = {}
if "API_LIKE" in os.environ:
    with open(os.environ["API_LIKE"]) as file:
        for found in re.findall(r"^live ([^:\n]+)\.(\w+):", file.read(), re.M):
            LIKE.setdefault(found[0], []).append(found[1])

def describe_live(name, value):
    """Once for each name: which attributes there are, of what type, and whether they can be set."""
    if f"live {name} type" in facts:
        return
    cls = type(value)
    add(f"live {name} type", f"{cls.__module__}.{cls.__qualname__}")
    add(f"live {name} repr", repr(value).replace(os.getcwd(), "HERE")[:500])
    try:
        weakref.ref(value)
    except TypeError:
        add(f"live {name} weak references", "no")
    else:
        add(f"live {name} weak references", "yes")
    try:
        value.an_attribute_of_a_test = 1
        del value.an_attribute_of_a_test
    except (AttributeError, TypeError) as error:
        add(f"live {name} new attributes", type(error).__name__)
    else:
        add(f"live {name} new attributes", "yes")
    for attribute in LIKE.get(name, ()) if LIKE else dir(value):
        if is_shown(attribute) and not attribute.startswith("__"):
            describe_live_attribute(f"live {name}.{attribute}", value, attribute)


SLOW = {"stack_above"}


def describe_live_attribute(name, value, attribute):
    if attribute in SLOW:
        return
    try:
        current = getattr(value, attribute)
    except Exception as error:
        add(name, f"raises {type(error).__name__}")
        return
    if callable(current) and not isinstance(current, type):
        add(name, "callable")
    else:
        add(name, f"{type(current).__module__}.{type(current).__qualname__}")
    try:
        had = attribute in getattr(value, "__dict__", ())
        setattr(value, attribute, current)
        if not had and attribute in getattr(value, "__dict__", ()):
            delattr(value, attribute)
    except Exception as error:
        add(f"{name} set", type(error).__name__)
    else:
        add(f"{name} set", "yes")


def pytest_addoption(parser, pluginmanager):
    group = parser.getgroup("probe", "a group")
    group.addoption("--probe", action="store_true", help="an option")
    parser.addini("probed", "a value", type="bool", default=False)
    describe_live("parser", parser)
    describe_live("group", group)
    describe_live("option", group.options[-1])


def pytest_configure(config):
    config.addinivalue_line("markers", "probed: a mark")
    for name in ("config", "config.option", "config.known_args_namespace", "config.invocation_params", "config.stash",
                 "config.pluginmanager", "config.hook", "config.cache"):
        value = config
        for part in name.split(".")[1:]:
            value = getattr(value, part)
        describe_live(name, value)
    describe_live("hook caller", config.hook.pytest_configure)
    describe_live("hook impl", config.hook.pytest_configure.get_hookimpls()[0])
    describe_live("hook spec", config.hook.pytest_configure.spec)


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session):
    config = session.config
    describe_live("session", session)
    for plugin in ("terminalreporter", "capturemanager", "logging-plugin", "lfplugin", "nfplugin", "stepwiseplugin",
                   "funcmanage", "warnings", "skipping", "capture", "session", "legacypath"):
        value = config.pluginmanager.get_plugin(plugin)
        if value is not None and not isinstance(value, types.ModuleType):
            describe_live(f"plugin {plugin}", value)
    describe_live("terminal writer", config.get_terminal_writer())
    describe_live("setup state", session._setupstate)


def pytest_generate_tests(metafunc):
    if metafunc.function.__name__ == "test_parametrized":
        describe_live("metafunc", metafunc)
        describe_live("definition", metafunc.definition)
        describe_live("callspec", metafunc._calls[0] if metafunc._calls else None)


def pytest_collection_finish(session):
    for item in session.items:
        name = type(item).__name__
        describe_live(f"item {name}", item)
        for node in item.listchain()[:-1]:
            if type(node).__name__ != "Session":
                describe_live(f"node {type(node).__name__}", node)
        describe_live("keywords", item.keywords)
        for mark in item.own_markers:
            describe_live("mark", mark)
        if hasattr(item, "callspec"):
            describe_live("callspec", item.callspec)
        if getattr(item, "_fixtureinfo", None) is not None:
            describe_live("fixtureinfo", item._fixtureinfo)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    describe_live(f"call {call.when} {report.outcome}", call)
    if call.excinfo is not None and report.failed and call.excinfo.traceback:
        describe_live("excinfo", call.excinfo)
        describe_live("traceback", call.excinfo.traceback)
        describe_live("traceback entry", call.excinfo.traceback[0])
        describe_live("frame", call.excinfo.traceback[0].frame)
        describe_live("code", call.excinfo.traceback[0].frame.code)
        describe_live("source", call.excinfo.traceback[0].source)
        describe_live("longrepr", report.longrepr)
        describe_live("crash", report.longrepr.reprcrash)
        describe_live("reprtraceback", report.longrepr.reprtraceback)
        for entry in report.longrepr.reprtraceback.reprentries:
            describe_live("reprentry", entry)
            describe_live("reprfileloc", entry.reprfileloc)
            describe_live("reprfuncargs", entry.reprfuncargs)
    return report


def pytest_runtest_logreport(report):
    describe_live(f"report {report.when} {report.outcome}", report)


def pytest_collectreport(report):
    describe_live(f"collect report {report.outcome}", report)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef, request):
    result = yield
    describe_live(f"fixturedef {type(fixturedef).__name__}", fixturedef)
    describe_live(f"request {type(request).__name__}", request)
    return result


def pytest_warning_recorded(warning_message, when, nodeid, location):
    describe_live("warning", warning_message)


def pytest_terminal_summary(terminalreporter):
    for report in terminalreporter.stats.get("warnings", []):
        describe_live("warning report", report)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    with open(os.environ["API_NAMES"]) as file:
        for name, attributes in json.load(file).items():
            describe_module(name, attributes)
    with open(os.environ["API_LOG"], "w") as log:
        for name in sorted(facts):
            log.write(f"{name}: {facts[name]}\n")
