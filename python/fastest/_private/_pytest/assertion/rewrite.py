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
    verbosity = 0 if config is None else config.get_verbosity(_fastest.Config.VERBOSITY_ASSERTIONS)
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
    """The code in a compiled file, if it is that of the source as it is now. Fastest's own cache is no such file."""
    import importlib.util
    import marshal

    try:
        content = Path(pyc).read_bytes()
        hash = importlib.util.source_hash(Path(source).read_bytes())
    except OSError as error:
        trace(f"_read_pyc({source}): OSError {error}")
        return None
    if content[:16] != importlib.util.MAGIC_NUMBER + _CHECKED_HASH + hash[:8]:
        trace(f"_read_pyc({source}): not the code of this source")
        return None
    try:
        code = marshal.loads(content[16:])
    except Exception as error:
        trace(f"_read_pyc({source}): marshal.load error {error}")
        return None
    return code if isinstance(code, types.CodeType) else None


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


# ---- Names for those who rewrite by themselves ----


def __getattr__(name):
    if name in ("rewrite_asserts", "_get_assertion_exprs"):
        from . import _tree

        value = getattr(_tree, name.removeprefix("_"))
    elif name == "_imp_fix_co_filename":
        from _imp import _fix_co_filename as value
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def _rewrite_test(fn, config):
    """(hash of the source, its rewritten code)."""
    from importlib.util import source_hash

    source = Path(fn).read_bytes()
    has_pass_hook = bool(config.getini("enable_assertion_pass_hook"))
    return source_hash(source), _fastest.load_code(os.fspath(fn), True, has_pass_hook)


def _call_assertion_pass(lineno, orig, expl):
    """Tells the running item's hooks that an assertion held."""
    if util._assertion_pass is not None:
        util._assertion_pass(lineno, orig, expl)


# Of the header of a compiled file: code that is valid while the source's hash is the same.
_CHECKED_HASH = b"\x03\x00\x00\x00"


def _write_pyc(state, co, hash, pyc):
    """Writes code into a file as Python's own compiled files are; False where that is not possible."""
    import importlib.util
    import marshal

    temporary = f"{pyc}.{os.getpid()}"
    try:
        with open(temporary, "wb") as file:
            file.write(importlib.util.MAGIC_NUMBER + _CHECKED_HASH + hash[:8] + marshal.dumps(co))
        os.replace(temporary, pyc)
    except OSError as error:
        state.trace(f"error writing pyc file at {pyc}: {error}")
        return False
    return True
