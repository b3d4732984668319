"""Rewriting asserts: done in C, by inserting into the source. Here is what plugins and tests look for."""

import errno
import os
from pathlib import Path
import sys
import types

from fastest import _fastest
from fastest._fastest import AssertionRewritingHook
from fastest._fastest import should_repr_global_name as _should_repr_global_name

from . import AssertionState
from . import util
from .._io.saferepr import DEFAULT_REPR_MAX_SIZE
from .._io.saferepr import saferepr
from .._io.saferepr import saferepr_unlimited
from ..stash import StashKey
from .util import format_explanation as _format_explanation


__all__ = ["AssertionRewritingHook", "assertstate_key"]

assertstate_key = StashKey()

PYC_EXT = ".py" + ((__debug__ and "c") or "o")
PYC_TAIL = "." + _fastest._cache_tag()
PYTEST_TAG = PYC_TAIL[1 : -len(PYC_EXT)]


def state_of(config, hook=None):
    """The AssertionState of a configuration, made when it is first asked for."""
    state = config.stash.get(assertstate_key, None)
    if state is None:
        state = config.stash[assertstate_key] = AssertionState(config, "rewrite")
    if hook is not None:
        state.hook = hook
    return state


for _finder in sys.meta_path:
    if isinstance(_finder, AssertionRewritingHook):
        state_of(_finder.config, _finder)


def _get_maxsize_for_saferepr(config):
    verbosity = 0 if config is None else config.get_verbosity(config.VERBOSITY_ASSERTIONS)
    if verbosity >= 2:
        return None
    return DEFAULT_REPR_MAX_SIZE * 10 if verbosity == 1 else DEFAULT_REPR_MAX_SIZE


def _saferepr(obj):
    if isinstance(obj, types.MethodType):
        return obj.__name__
    maxsize = _get_maxsize_for_saferepr(util._config)
    text = saferepr(obj, maxsize=maxsize) if maxsize else saferepr_unlimited(obj)
    return text.replace("\n", "\\n")


def _format_assertmsg(obj):
    text = obj if isinstance(obj, str) else _saferepr(obj).replace("\\n", "\n")
    return text.replace("\n", "\n~").replace("%", "%%")


def _format_boolop(explanations, is_or):
    joined = (" or " if is_or else " and ").join(explanations)
    return f"({joined})".replace("%", "%%")


def _read_pyc(source, pyc, trace=lambda text: None):
    """The cached code of a source file, if it is up to date; the place is ours to know, not the caller's."""
    if not os.path.exists(pyc):
        return None
    return _fastest.load_code(os.fspath(source), True, False)


def try_makedirs(cache_dir):
    """Makes the folder and those above it; False where that is not possible."""
    try:
        os.makedirs(cache_dir, exist_ok=True)
    except (FileNotFoundError, NotADirectoryError, FileExistsError, PermissionError):
        return False
    except OSError as error:
        if error.errno in (errno.EROFS, errno.ENOSYS):
            return False
        raise
    return True


def get_cache_dir(file_path):
    """The folder that holds compiled code for a source file."""
    if sys.pycache_prefix:
        return Path(sys.pycache_prefix) / Path(*file_path.parts[1:-1])
    return file_path.parent / "__pycache__"
