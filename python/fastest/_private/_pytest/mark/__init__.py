"""Generic mechanism for marking and selecting python functions."""

from fastest._fastest import HIDDEN_PARAM
from fastest._fastest import MARK_GEN
from fastest._fastest import Mark
from fastest._fastest import MarkDecorator
from fastest._fastest import MarkGenerator
from fastest._fastest import ParameterSet
from fastest._fastest import param

__all__ = [
    "HIDDEN_PARAM",
    "MARK_GEN",
    "Mark",
    "MarkDecorator",
    "MarkGenerator",
    "ParameterSet",
    "get_empty_parameterset_mark",
]

#: Names that a test function's dict holds without anybody meaning them as keywords.
IGNORED_FUNCTION_ATTRIBUTES = frozenset({"pytestmark", "cache_parameters"})


class KeywordMatcher:
    """What -k asks of an item: is this text part of one of the names around it?"""

    __slots__ = ("_names",)

    def __init__(self, _names):
        self._names = _names

    @classmethod
    def from_item(cls, item):
        from _pytest.main import Session
        from _pytest.nodes import Directory

        names = set(item.listextrakeywords())
        for node in item.listchain():
            is_top = isinstance(node, Directory) and isinstance(node.parent, Session)
            if not is_top and not isinstance(node, Session):
                names.add(node.name)
        function = getattr(item, "function", None)
        if function:
            names.update(
                name
                for name in function.__dict__
                if not name.startswith("_") and name not in IGNORED_FUNCTION_ATTRIBUTES
            )
        names.update(mark.name for mark in item.iter_markers())
        return cls(names)

    def __call__(self, subname, /, **kwargs):
        if kwargs:
            from _pytest.config import UsageError

            raise UsageError("Keyword expressions do not support call parameters.")
        wanted = subname.lower()
        return any(wanted in name.lower() for name in self._names)


class MarkMatcher:
    """What -m asks of an item: has it a mark of this name, with these keyword arguments?"""

    __slots__ = ("own_mark_name_mapping",)

    def __init__(self, own_mark_name_mapping):
        self.own_mark_name_mapping = own_mark_name_mapping

    @classmethod
    def from_markers(cls, markers):
        by_name = {}
        for mark in markers:
            by_name.setdefault(mark.name, []).append(mark)
        return cls(by_name)

    def __call__(self, name, /, **kwargs):
        return any(
            all(key in mark.kwargs and mark.kwargs[key] == value for key, value in kwargs.items())
            for mark in self.own_mark_name_mapping.get(name, ())
        )


def _validate_marker_names(expr, config):
    """Refuses names in a -m expression that no marker is registered under, where markers are strict."""
    strict = config.getini("strict_markers")
    if strict is None:
        strict = config.getini("strict")
    unknown = strict and expr.idents() - {marker.name for marker in config._iter_registered_markers()}
    if unknown:
        from _pytest.config import UsageError

        raise UsageError(
            f"Unknown marker(s) in '-m' expression: {', '.join(sorted(unknown))}. "
            "Use 'pytest --markers' to see available markers."
        )


def pytest_configure(config):
    """What the plugin does at the start of a session; native code does the same without coming here."""
    from _pytest.stash import StashKey

    key = globals().setdefault("old_mark_config_key", StashKey())
    config.stash[key] = MARK_GEN._config
    MARK_GEN._config = config
    config.getini("empty_parameter_set_mark")


def pytest_unconfigure(config):
    MARK_GEN._config = config.stash.get(globals().get("old_mark_config_key"), None)


def _show_markers(config):
    """--markers: writes every registered marker and its description."""
    from _pytest.config import create_terminal_writer

    config._do_configure()
    writer = create_terminal_writer(config)
    for marker in config._iter_registered_markers():
        writer.write(f"@pytest.mark.{marker.signature}:", bold=True)
        writer.line(f" {marker.description}" if marker.description else "")
        writer.line()
    config._ensure_unconfigure()
    return 0


def __getattr__(name):
    if name in ("Expression", "ExpressionMatcher"):
        from _pytest.mark import expression as module
    elif name in ("EMPTY_PARAMETERSET_OPTION", "get_empty_parameterset_mark", "_EmptyParameterSetMark", "_HiddenParam"):
        from _pytest.mark import structures as module
    else:
        from fastest._native_hooks import attribute

        return attribute(__name__, name)
    return getattr(module, name)
