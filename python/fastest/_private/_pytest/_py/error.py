"""py.error: one exception class per errno, made when first asked for."""

import errno
import os
import sys


class Error(EnvironmentError):
    """An error of the operating system, by its name."""

    def __repr__(self):
        return "{}.{} {!r}: {} ".format(
            self.__class__.__module__, self.__class__.__name__, self.__class__.__doc__, " ".join(map(str, self.args))
        )

    def __str__(self):
        return f"[{self.__class__.__doc__}]: {' '.join(map(str, self.args))}"


_CLASSES = {}


def _class_of(number):
    """The class of an errno."""
    if number not in _CLASSES:
        name = errno.errorcode.get(number, f"UnknownErrno{number}")
        _CLASSES[number] = type(
            name, (Error,), {"__module__": "py.error", "__doc__": os.strerror(number), "errno": number}
        )
    return _CLASSES[number]


def __getattr__(name):
    if name.startswith("_"):
        raise AttributeError(name)
    number = getattr(errno, name, None)
    if number is None:
        raise AttributeError(name)
    return _class_of(number)


class _ErrorMaker:
    """The module as the object that `from py import error` once gave."""

    Error = Error
    __getattr__ = staticmethod(__getattr__)

    @staticmethod
    def checked_call(func, *args, **kwargs):
        return checked_call(func, *args, **kwargs)


def checked_call(func, *args, **kwargs):
    """Calls it; an OSError becomes the class of its errno."""
    try:
        return func(*args, **kwargs)
    except Error:
        raise
    except OSError as problem:
        if problem.errno is None:
            raise
        kind = _class_of(problem.errno)
    raise kind(f"{func.__name__}{args!r}")


error = _ErrorMaker()
sys.modules.setdefault("py.error", sys.modules[__name__])
