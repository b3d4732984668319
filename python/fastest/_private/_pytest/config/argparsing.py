"""Options: what the C parser leaves to argparse.

Ordinary command lines are parsed in C. This module is imported when that is not enough: for --help, for
usage errors (argparse words them), for custom actions, and by plugins that look at the classes.
"""

import argparse
import importlib
import re
import sys
import textwrap

from fastest._fastest import Argument
from fastest._fastest import Namespace
from fastest._fastest import OptionGroup
from fastest._fastest import Parser

from .exceptions import PrintHelp
from .exceptions import UsageError

FILE_OR_DIR = "file_or_dir"

_TAGS = ("string", "paths", "pathlist", "args", "linelist", "bool", "int", "float")
_PLAIN_TYPES = {str: "string", bool: "bool", int: "int", float: "float"}

def __getattr__(name):
    if name == "NOTSET":
        from _pytest.compat import NOTSET

        return NOTSET
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

# -- Types of ini options ----------------------------------------------------------------------------------

class _IniLiteral:
    """The choices of an ini option whose type is a Literal."""

    def __init__(self, choices):
        object.__setattr__(self, "choices", choices)

    def __setattr__(self, name, value):
        raise AttributeError(f"cannot assign to field {name!r}")

    def __eq__(self, other):
        return self.choices == other.choices if isinstance(other, _IniLiteral) else NotImplemented

    def __hash__(self):
        return hash((_IniLiteral, self.choices))

    def __repr__(self):
        return f"_IniLiteral(choices={self.choices!r})"

def _normalize_tag(name, type_):
    if isinstance(type_, str) and type_ in _TAGS:
        return type_
    if isinstance(type_, type) and type_ in _PLAIN_TYPES:
        return _PLAIN_TYPES[type_]
    tags = ", ".join(map(repr, _TAGS))
    raise ValueError(
        f"invalid type for ini option {name!r}: {type_!r} (expected one of {tags}, one of the types str, bool, "
        "int, float, a union of these types such as `int | str`, or a `Literal` of strings)"
    )

def _normalize_member(name, type_):
    import typing

    if typing.get_origin(type_) is not typing.Literal:
        return _normalize_tag(name, type_)
    choices = typing.get_args(type_)
    if all(isinstance(choice, str) for choice in choices):
        return _IniLiteral(choices)
    raise ValueError(
        f"invalid type for ini option {name!r}: Literal choices must be strings, got {choices!r}"
    )

def _normalize_ini_type(name, type_, has_default):
    """The internal form of a type expression given to addini()."""
    import types
    import typing

    if typing.get_origin(type_) in (typing.Union, types.UnionType):
        result = tuple(_normalize_member(name, member) for member in typing.get_args(type_))
    else:
        result = _normalize_member(name, type_)
    if not has_default and not isinstance(result, str):
        kind = "union" if isinstance(result, tuple) else "Literal"
        raise ValueError(
            f"ini option {name!r} has a {kind} type, which has no implicit default; pass an explicit `default` "
            "to `addini`"
        )
    return result

def _ini_type_repr(type):
    """An ini option's type, as --help and errors show it."""
    if isinstance(type, _IniLiteral):
        return " | ".join(map(repr, type.choices))
    if isinstance(type, tuple):
        return " | ".join(map(_ini_type_repr, type))
    return type

def get_ini_default_for_type(type):
    if type in ("paths", "pathlist", "args", "linelist"):
        return []
    return {"bool": False, "int": 0, "float": 0.0}.get(type, "")

def _get_argparse_dest(opts):
    name = next((opt for opt in opts if opt.startswith("--")), opts[0])
    return name.lstrip("-").replace("-", "_")

# -- The real argparse parser ------------------------------------------------------------------------------

class PytestArgumentParser(argparse.ArgumentParser):
    """argparse's parser with pytest's manners: no abbreviations, errors are UsageErrors."""

    def __init__(self, usage, extra_info, *, prog=None):
        super().__init__(
            usage=usage,
            prog=prog,
            add_help=False,
            formatter_class=DropShorterLongHelpFormatter,
            allow_abbrev=False,
            fromfile_prefix_chars="@",
        )
        self.extra_info = extra_info

    def error(self, message):
        lines = [f"{self.prog}: error: {message}"]
        lines += [f"  {key}: {value}" for key, value in sorted(self.extra_info.items())]
        raise UsageError(self.format_usage() + "\n".join(lines))

class DropShorterLongHelpFormatter(argparse.HelpFormatter):
    """Of long options that differ only in hyphens, shows the one with most; keeps the lines of help texts."""

    def __init__(self, *args, **kwargs):
        if "width" not in kwargs:
            from _pytest._io import get_terminal_width

            kwargs["width"] = get_terminal_width()
        super().__init__(*args, **kwargs)

    def _format_action_invocation(self, action):
        whole = super()._format_action_invocation(action)
        if not whole.startswith("-"):
            return whole
        shown = whole.split(", ")
        if len(shown) == 2 and any(len(option) == 2 for option in shown):
            return whole
        longest = {}
        for option in filter(_is_long, shown):
            if not option.startswith("--"):
                raise AssertionError(f'long optional argument without "--": [{option}]')
            plain = option[2:].replace("-", "")
            if len(longest.get(plain, "")) < len(option) - 2:
                longest[plain] = option[2:]
        kept = []
        for option in shown:
            if not _is_long(option):
                kept.append(option)
            if option[2:] == longest.get(option.replace("-", "")):
                kept.append(option.replace(" ", "=", 1))
        return ", ".join(kept)

    def _split_lines(self, text, width):
        return _split_help_text(text, width)

    def _format_action(self, action):
        return re.sub(r"[ \t]+$", "", super()._format_action(action), flags=re.MULTILINE)

def _is_long(option):
    return len(option) != 2 and option[2] != " "

def _split_help_text(text, width):
    """Wraps each line by itself: indentation stays, and lists hang under their items' text."""
    head, newline, tail = text.partition("\n")
    lines = []
    for line in (head.strip() + newline + textwrap.dedent(tail)).splitlines():
        words = line.lstrip()
        if not words:
            lines.append("")
            continue
        indent = line[: len(line) - len(words)]
        marker = re.match(r"([-*+]|\(?\d+[.)])\s+", words)
        hanging = indent + " " * marker.end() if marker else indent
        lines += textwrap.wrap(
            words, width, initial_indent=indent, subsequent_indent=hanging, break_on_hyphens=False
        )
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    return lines

class OverrideIniAction(argparse.Action):
    """A flag that also overrides an ini option, as -o would."""

    def __init__(self, option_strings, dest, nargs=None, *args, ini_option, ini_value, **kwargs):
        super().__init__(option_strings, dest, 0, *args, **kwargs)
        self.ini_option = ini_option
        self.ini_value = ini_value

    def __call__(self, parser, namespace, *args, **kwargs):
        setattr(namespace, self.dest, True)
        overrides = getattr(namespace, "override_ini", None)
        if overrides is None:
            overrides = []
        overrides.append(f"{self.ini_option}={self.ini_value}")
        namespace.override_ini = overrides

def _load(reference):
    module, _, name = reference.partition(":")
    return getattr(importlib.import_module(module), name)

def _native_kwargs(argument, attrs):
    """add_argument()'s keywords for a row of a built-in plugin."""
    kwargs = {"dest": argument.dest, "help": attrs["help"]}
    action = attrs["action"]
    if ":" in action:
        reference, _, setting = action.partition(" ")
        kwargs["action"] = _load(reference)
        if setting:
            kwargs["ini_option"], kwargs["ini_value"] = setting.split("=", 1)
    else:
        kwargs["action"] = action
    if _name_of(kwargs["action"]) != "HelpAction":
        kwargs["default"] = argument.default
    if attrs["metavar"] is not None:
        kwargs["metavar"] = attrs["metavar"]
    if attrs["nargs"] is not None:
        kwargs["nargs"] = attrs["nargs"]
    if attrs["nargs"] == "?" or action == "store_const":
        kwargs["const"] = argument._const
    if attrs["choices"]:
        kwargs["choices"] = attrs["choices"]
    if attrs["type"] is not None:
        kwargs["type"] = _native_type(argument, attrs["type"])
    return kwargs

def _name_of(action):
    return getattr(action, "__name__", action)

def _native_type(argument, reference):
    """A function that is imported when the option is used."""
    name = reference.partition(":")[2]
    if reference.startswith("builtins:"):
        return _load(reference)
    optname = next((opt for opt in argument.names() if opt.startswith("--")), argument.names()[0])
    extra = {"optname": optname} if name in ("directory_arg", "filename_arg") else {}

    def convert(text):
        return _load(reference)(text, **extra)

    convert.__name__ = name
    return convert


def _definition(argument):
    names, attrs, is_native = argument._definition()
    return names, _native_kwargs(argument, attrs) if is_native else attrs

def _make_action(opts, attrs):
    """The action that argparse makes of addoption()'s arguments, or argparse's exception."""
    return argparse.ArgumentParser(add_help=False).add_argument(*opts, **attrs)

def _action_of(argument):
    return _make_action(*_definition(argument))

def _add_to_group(group, argument):
    names, kwargs = _definition(argument)
    argument._action = group._arggroup.add_argument(*names, **kwargs)

def _insert_group(parser, group, position):
    """A new group of a parser that exists: at the same place as in parser._groups."""
    optparser = parser.optparser
    group._arggroup = optparser.add_argument_group(group._description)
    optparser._action_groups.insert(position, optparser._action_groups.pop())


def _build_optparser(parser):
    """argparse's parser with everything that `parser` has by now."""
    from _pytest._argcomplete import filescompleter

    optparser = PytestArgumentParser(parser._usage, parser.extra_info, prog=parser._prog)
    optparser.add_argument(FILE_OR_DIR, nargs="*").completer = filescompleter
    positionals, options = optparser._action_groups
    for group in parser._groups:
        group._arggroup = optparser.add_argument_group(group._description)
    custom, *named = optparser._action_groups[2:]
    # The groups that argparse makes by itself are empty; "Custom options" come last.
    optparser._action_groups[:] = [positionals, *named, options, custom]
    pairs = [(group, argument) for group in parser._groups for argument in group.options]
    for group, argument in sorted(pairs, key=lambda pair: pair[1]._number):
        _add_to_group(group, argument)
    return optparser


def _parse_strict(parser, args, namespace):
    """parser.parse(): the namespace, or None when --help ended it."""
    from _pytest._argcomplete import try_argcomplete

    optparser = parser.optparser
    try_argcomplete(optparser)
    namespace._raise_print_help = True
    try:
        return optparser.parse_intermixed_args(args, namespace=namespace)
    except PrintHelp:
        return None
    finally:
        del namespace._raise_print_help

def _parse_known(parser, args, namespace):
    optparser = parser.optparser
    version = sys.version_info
    if version >= (3, 13, 1) or (3, 12, 8) <= version < (3, 13):
        return optparser.parse_known_intermixed_args(args, namespace)
    # parse_known_intermixed_args() of earlier versions loses words.
    namespace, rest = optparser.parse_known_args(args, namespace)
    unknown = [word for word in rest if word.startswith("-")]
    getattr(namespace, FILE_OR_DIR).extend(word for word in rest if not word.startswith("-"))
    return namespace, unknown

__all__ = [
    "Argument",
    "DropShorterLongHelpFormatter",
    "FILE_OR_DIR",
    "Namespace",
    "OptionGroup",
    "OverrideIniAction",
    "Parser",
    "PrintHelp",
    "PytestArgumentParser",
    "UsageError",
    "get_ini_default_for_type",
]
