"""Implements every hook of the specification in every form, and prints the order of all calls when the process ends."""

import atexit
import inspect
import os
import re
import sys
import types

import _pytest.hookspec
import pytest

LOG = []
HISTORIC = {"pytest_addhooks", "pytest_plugin_registered", "pytest_addoption", "pytest_configure", "pytest_warning_recorded"}
# What these receive is another plugin's business.
SILENT = {"pytest_report_to_serializable", "pytest_report_from_serializable"}
FORMS = {
    "plain": {},
    "tryfirst": {"tryfirst": True},
    "trylast": {"trylast": True},
    "wrapper": {"wrapper": True},
    "wrapper-tryfirst": {"wrapper": True, "tryfirst": True},
    "wrapper-trylast": {"wrapper": True, "trylast": True},
    "old": {"hookwrapper": True},
    "old-tryfirst": {"hookwrapper": True, "tryfirst": True},
    "old-trylast": {"hookwrapper": True, "trylast": True},
}


def names():
    for name in sorted(dir(_pytest.hookspec)):
        if name.startswith("pytest_") and name not in SILENT:
            yield name, list(inspect.signature(getattr(_pytest.hookspec, name)).parameters)


def show(value, depth=0):
    """A text that is equal in both runs."""
    kind = type(value).__name__
    if value is None or isinstance(value, (bool, int, float)):
        return str(value)
    if isinstance(value, str):
        return repr(re.sub(r"\d{6,}", "ID", value.replace(os.getcwd(), "CWD")))
    if isinstance(value, os.PathLike) and "pytest-of-" in str(value):
        return "PurePath:TMP"
    if isinstance(value, os.PathLike):
        return f"{type(value).__mro__[-3].__name__}:{os.path.relpath(value)}" if depth < 2 else kind
    if kind == "builtin_function_or_method" or getattr(value, "__name__", "") == "_pytest.assertion.rewrite":
        return "what rewritten asserts call"
    if isinstance(value, types.ModuleType):
        return f"module:{value.__name__}"
    if isinstance(value, (list, tuple)) and depth < 2:
        return f"{kind}({', '.join(show(part, depth + 1) for part in value)})"
    if hasattr(value, "nodeid"):
        return f"{kind}:{value.nodeid}:{getattr(value, 'when', '')}:{getattr(value, 'outcome', '')}"
    if hasattr(value, "argname"):
        return f"{kind}:{value.argname}"
    if isinstance(value, BaseException):
        return f"{kind}:{value}"
    return kind


# Plugins that only one of the two has, or registers for these hooks: see docs/differences.md.
ONE_SIDED = {"fastest", "fastest-crash-log", "legacypath", "legacypath-tmpdir"}


def record(*parts):
    if not any(f"plugin_name='{name}'" in parts for name in ONE_SIDED):
        LOG.append(" ".join(parts))


def make_function(owner, form, name, arguments):
    """A hook function of its own signature, as a plugin writes it."""
    given = ", ".join(f"{argument}={argument}" for argument in arguments)
    parameters = ", ".join(arguments)
    if "wrapper" in FORMS[form]:
        body = f"""
    record({owner!r}, {form!r}, {name!r}, "before", *values({given}))
    try:
        result = yield
    except BaseException as problem:
        record({owner!r}, {form!r}, {name!r}, "raised", show(problem))
        raise
    record({owner!r}, {form!r}, {name!r}, "after", show(result))
    return result"""
    elif "hookwrapper" in FORMS[form]:
        body = f"""
    record({owner!r}, {form!r}, {name!r}, "before", *values({given}))
    outcome = yield
    text = show(outcome.exception) if outcome.exception is not None else show(outcome.get_result())
    record({owner!r}, {form!r}, {name!r}, "after", text)"""
    else:
        body = f"""
    record({owner!r}, {form!r}, {name!r}, *values({given}))"""
    namespace = {"record": record, "show": show, "values": values}
    exec(f"def {name}({parameters}):{body}", namespace)
    return pytest.hookimpl(**FORMS[form])(namespace[name])


def values(**given):
    return [f"{name}={show(value)}" for name, value in given.items()]


def fill(namespace, owner, forms):
    """Puts hook functions into a module's or class's namespace; one form per hook, in turn."""
    forms = list(forms)
    for count, (name, arguments) in enumerate(names()):
        usable = [form for form in forms if name not in HISTORIC or form in ("plain", "tryfirst", "trylast")]
        if usable:
            namespace[name] = make_function(owner, usable[count % len(usable)], name, arguments)


class Plugin:
    """One form of every hook."""

    def __init__(self, form):
        self.form = form
        for name, arguments in names():
            if name not in HISTORIC or form in ("plain", "tryfirst", "trylast"):
                setattr(self, name, make_function("plugin", form, name, arguments))


class OwnHooks:
    @pytest.hookspec(firstresult=True)
    def pytest_every_first(self, value):
        """Stops at the first result."""

    @pytest.hookspec(historic=True)
    def pytest_every_historic(self, value, extra=3):
        """Replayed."""


def pytest_addhooks(pluginmanager):
    pluginmanager.add_hookspecs(OwnHooks)


@pytest.hookimpl(optionalhook=True)
def pytest_nobody_has_this(unknown):
    """Never called."""


@pytest.hookimpl(specname="pytest_every_first")
def pytest_first_under_another_name(value):
    record("specname", show(value))
    return value


def pytest_every_historic(value):
    record("historic", show(value))
    return value


def pytest_addoption(parser, pluginmanager):
    parser.addoption("--every", default="nothing")
    for form in FORMS:
        pluginmanager.register(Plugin(form), f"every-{form}")


def pytest_configure(config):
    relay = config.pluginmanager.hook
    record("first", show(relay.pytest_every_first(value=4)))
    relay.pytest_every_historic.call_historic(
        result_callback=lambda result: record("callback", show(result)), kwargs={"value": 7}
    )
    config.pluginmanager.register(Late(), "late")
    record("callers", *(caller.name for caller in config.pluginmanager.get_hookcallers(config.pluginmanager.get_plugin("late"))))
    for name in ("pytest_runtest_setup", "pytest_configure", "pytest_collection", "pytest_runtest_makereport"):
        plugins = [impl.plugin_name for impl in getattr(relay, name).get_hookimpls() if impl.plugin_name not in ONE_SIDED]
        record("order", name, *("ID" if plugin.isdigit() else os.path.basename(plugin) for plugin in plugins))


class Late:
    def pytest_every_historic(self, value, extra):
        record("late historic", show(value), show(extra))
        return [value, extra]

    @pytest.hookimpl(tryfirst=True)
    def pytest_every_first(self):
        record("late first")

    def pytest_sessionstart(self, session):
        relay = session.config.hook
        record("again", show(relay.pytest_every_first(value=5)))
        record(
            "extra",
            show(relay.pytest_every_first.call_extra([lambda value: record("temporary", show(value))], {"value": 6})),
        )


@atexit.register
def print_log():
    sys.__stdout__.write("\n".join(LOG) + "\n")
    sys.__stdout__.flush()
