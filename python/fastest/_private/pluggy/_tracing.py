"""Tracing by tags, with an indented text form."""

import enum
import os


def _failed(problem, obj, function):
    try:
        text = repr(problem)
    except Exception:
        text = f"unpresentable {type(problem).__name__}"
    return f"<[{text} raised in {function}()] {type(obj).__name__} object at 0x{id(obj):x}>"


def _shown(obj, function):
    """str(obj) or repr(obj) for any writer: no exception, no lone surrogate."""
    try:
        text = function(obj)
    except Exception as problem:
        text = _failed(problem, obj, function.__name__)
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def _value(obj):
    if isinstance(obj, (enum.Enum, os.PathLike)):
        return _shown(obj, repr)
    if isinstance(obj, str) and len(obj.splitlines()) <= 1 and (not obj or not obj.isprintable() or " " in obj):
        return _shown(obj, repr)
    return _shown(obj, str)


class TagTracer:
    def __init__(self):
        self._tags2proc = {}
        self._writer = None
        self.indent = 0

    def get(self, name):
        return TagTracerSub(self, (name,))

    def _format_message(self, tags, args):
        extra = {}
        if isinstance(args[-1], dict):
            *args, extra = args
        indent = "  " * self.indent
        lines = [f"{indent}{' '.join(_shown(arg, str) for arg in args)} [{':'.join(tags)}]\n"]
        for name, value in extra.items():
            text = _value(value)
            parts = text.splitlines()
            if parts in ([], [text]):
                lines.append(f"{indent}    {name}: {text}\n")
            else:
                lines.append(f"{indent}    {name}:\n")
                lines += [f"{indent}      {part}\n" for part in parts]
        return "".join(lines)

    def _processmessage(self, tags, args):
        if self._writer is not None and args:
            self._writer(self._format_message(tags, args))
        processor = self._tags2proc.get(tags)
        if processor:
            processor(tags, args)

    def setwriter(self, writer):
        self._writer = writer

    def setprocessor(self, tags, processor):
        if isinstance(tags, str):
            tags = tuple(tags.split(":"))
        else:
            assert isinstance(tags, tuple)
        self._tags2proc[tags] = processor


class TagTracerSub:
    def __init__(self, root, tags):
        self.root = root
        self.tags = tags

    def __call__(self, *args):
        self.root._processmessage(self.tags, args)

    def get(self, name):
        return self.__class__(self.root, (*self.tags, name))
