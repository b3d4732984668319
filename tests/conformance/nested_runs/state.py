"""What a run may leave behind in its process, as far as one can look."""
import builtins
import gc
import logging
import os
import signal
import sys
import threading
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))


def name_of(value):
    if isinstance(value, type):
        return value.__qualname__
    return type(value).__qualname__


def modules():
    return {
        name
        for name, module in list(sys.modules.items())
        if str(getattr(module, "__file__", None) or "").startswith(HERE)
    }


def descriptor(number):
    try:
        status = os.fstat(number)
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_mode


def loggers():
    found = [logging.getLogger(), *(logging.getLogger(name) for name in sorted(logging.Logger.manager.loggerDict))]
    return [
        (logger.name, logger.level, logger.disabled, logger.propagate, [id(handler) for handler in logger.handlers])
        for logger in found
        if logger.name == "root" or logger.name.startswith("suite")
    ]


def snapshot():
    return {
        "argv": list(sys.argv),
        "breakpointhook": sys.breakpointhook,
        "builtins": sorted(set(dir(builtins)) - {"_"}),
        "cwd": os.getcwd(),
        "descriptors": [descriptor(number) for number in range(3)],
        "displayhook": sys.displayhook,
        "environ": dict(os.environ),
        "excepthook": sys.excepthook,
        "filters": list(warnings.filters),
        "flags": (sys.dont_write_bytecode, sys.getrecursionlimit(), sys.gettrace(), sys.getprofile()),
        "gc": (gc.isenabled(), gc.get_threshold()),
        "logging": (logging.root.manager.disable, id(logging.lastResort), logging.raiseExceptions),
        "loggers": loggers(),
        "meta_path": [(name_of(finder), id(finder)) for finder in sys.meta_path],
        "modules": modules(),
        "path": list(sys.path),
        "path_hooks": list(sys.path_hooks),
        "showwarning": (warnings.showwarning, warnings._showwarnmsg_impl),
        "signals": [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)],
        "streams": (sys.stdin, sys.stdout, sys.stderr),
        "threads": threading.active_count(),
        "threading": (threading.excepthook, threading.settrace),
        "unraisablehook": sys.unraisablehook,
    }


def shown(value):
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return value


def show_differences(before, after, say=print):
    """Says what has changed, by name: values that are new in each run are not shown."""
    for name in before:
        if before[name] == after[name]:
            continue
        if name == "modules":
            say("changed modules", sorted(before[name] ^ after[name]))
        elif name == "environ":
            both = before[name].items() ^ after[name].items()
            say("changed environ", sorted({key for key, _ in both}))
        elif name == "loggers":
            say("changed loggers", [(entry[:4], len(entry[4])) for entry in after[name] if entry not in before[name]])
        elif name == "path":
            say("changed path", [entry for entry in after[name] if entry not in before[name]])
        elif name == "meta_path":
            say("changed meta_path", len(before[name]), len(after[name]))
        else:
            say("changed", name, shown(before[name]), "->", shown(after[name]))
