"""Texts of deprecation warnings, in one place so that they are found again when their time comes."""

from warnings import warn

from _pytest.warning_types import PytestDeprecationWarning
from _pytest.warning_types import PytestRemovedIn10Warning
from _pytest.warning_types import UnformattedWarning

_DOCS = "https://docs.pytest.org/en/stable/deprecations.html"

DEPRECATED_EXTERNAL_PLUGINS = {"pytest_catchlog", "pytest_capturelog", "pytest_faulthandler", "pytest_subtests"}


def _removed_in_10(text):
    return UnformattedWarning(PytestRemovedIn10Warning, text)


YIELD_FIXTURE = _removed_in_10("@pytest.yield_fixture is deprecated.\nUse @pytest.fixture instead; they are the same.")

CLASS_FIXTURE_INSTANCE_METHOD = _removed_in_10(
    "{scope}-scoped fixtures defined as instance methods are deprecated.\n"
    "Instance attributes set in the {fixturename!r} fixture will NOT be visible to test methods,\n"
    "as each test gets a new instance while the fixture runs only once per class.\n"
    "Use a @classmethod decorator below @pytest.fixture and set attributes on cls instead.\n"
    f"See {_DOCS}#class-scoped-fixture-as-instance-method"
)

PRIVATE = UnformattedWarning(PytestDeprecationWarning, "A private pytest class or function was used.")

HOOK_LEGACY_MARKING = _removed_in_10(
    "The hook{type} {fullname} uses old-style configuration options (marks or attributes).\n"
    "Please use the pytest.hook{type}({hook_opts}) decorator instead\n"
    " to configure the hooks.\n"
    " See https://docs.pytest.org/en/latest/deprecations.html#configuring-hook-specs-impls-using-markers"
)

MONKEYPATCH_LEGACY_NAMESPACE_PACKAGES = _removed_in_10(
    "monkeypatch.syspath_prepend() called with pkg_resources legacy namespace packages detected.\n"
    "Legacy namespace packages (using pkg_resources.declare_namespace) are deprecated.\n"
    "Please use native namespace packages (PEP 420) instead.\n"
    f"See {_DOCS}#monkeypatch-fixup-namespace-packages"
)

PARAMETRIZE_NON_COLLECTION_ITERABLE = _removed_in_10(
    "Passing a non-Collection iterable to parametrize is deprecated.\n"
    "Test: {nodeid}, argvalues type: {type_name}\n"
    "Please convert to a list or tuple.\n"
    f"See {_DOCS}#parametrize-iterators"
)

CONSOLE_MAIN = _removed_in_10(
    "pytest.console_main() is deprecated and will be removed in pytest 10.\n"
    "It was never intended for programmatic use; use pytest.main() instead.\n"
    f"See {_DOCS}#console-main"
)

CONFIG_INICFG = _removed_in_10(
    "config.inicfg is deprecated, use config.getini() to access configuration values instead.\n"
    f"See {_DOCS}#config-inicfg"
)

FIXTURE_GETFIXTUREVALUE_DURING_TEARDOWN = _removed_in_10(
    'Calling request.getfixturevalue("{argname}") during teardown is deprecated.\n'
    "Please request the fixture before teardown begins, either by declaring it in the fixture signature "
    "or by calling request.getfixturevalue() before the fixture yields.\n"
    f"See {_DOCS}#dynamic-fixture-request-during-teardown"
)

PASTEBIN = _removed_in_10(
    "The --pastebin option is deprecated. "
    "The functionality is now available in an external plugin package, pytest-pastebin.\n"
    f"See {_DOCS}#the-pastebin-option"
)

INI_STRING_TYPE_NON_STR_VALUE = PytestRemovedIn10Warning(
    "Passing a value that is not a string to a 'string'-typed ini option is deprecated.\n"
    "In a future version this will raise a TypeError, matching the behavior of the "
    "corresponding TOML config path.\n"
    "If your plugin intentionally accepts non-string values, declare an explicit type "
    '(e.g. type="args") instead of relying on the implicit string default.'
)

FIXTURE_BASEID_DEPRECATED = _removed_in_10(
    "Passing baseid to FixtureDef is deprecated. Pass node instead for fixture scoping."
)

FIXTURE_NODEID_DEPRECATED = _removed_in_10(
    "Passing nodeid to _register_fixture is deprecated. Pass node instead for fixture scoping."
)

FIXTUREDEF_HAS_LOCATION_DEPRECATED = _removed_in_10(
    "FixtureDef.has_location is deprecated and will be removed in pytest 10. "
    f"See {_DOCS}#fixturedef-has-location-deprecated"
)

PARSEFACTORIES_NODEID_DEPRECATED = _removed_in_10(
    "Passing nodeid string to parsefactories is deprecated. Use parsefactories(holder=obj, node=node) instead."
)

CALLSPEC2_RENAMED = _removed_in_10(
    "_pytest.python.CallSpec2 has been renamed to CallSpec.\n"
    "The CallSpec2 alias will be removed in pytest 10.\n"
    "Update imports to use CallSpec instead.\n"
    f"See {_DOCS}#callspec2-renamed"
)

TERMINAL_WRITE_LINE_BYTES = _removed_in_10(
    "Passing bytes to TerminalReporter.write_line() is deprecated, pass a str instead.\n"
    f"See {_DOCS}#terminalreporter-write-line-bytes"
)


def check_ispytest(ispytest):
    """Warns the caller's caller that what it calls is private."""
    if not ispytest:
        warn(PRIVATE.format(), stacklevel=3)


def _warn_hook_legacy_marking(method, kind, options):
    """Warns about a hook function that is configured by marks or attributes; called by the plugin manager."""
    from _pytest.warning_types import warn_explicit_for

    warn_explicit_for(
        method, HOOK_LEGACY_MARKING.format(type=kind, fullname=method.__qualname__, hook_opts=options)
    )
