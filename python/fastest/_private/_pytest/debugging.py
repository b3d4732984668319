"""The debugger: --pdb, --trace, --pdbcls, pdb.set_trace(). Imported when somebody imports pdb."""

from __future__ import annotations

import functools
import sys

from fastest._fastest import hookimpl


def validate_usepdb_cls(value):
    """Type of --pdbcls: modname:classname."""
    module, separator, name = value.partition(":")
    if not separator or ":" in name:
        import argparse

        raise argparse.ArgumentTypeError(f"{value!r} is not in the format 'modname:classname'")
    return module, name


_validate_usepdb_cls = validate_usepdb_cls


def _writer(config):
    from _pytest.config import create_terminal_writer

    return create_terminal_writer(config)


class pytestPDB:
    """pdb.set_trace() that suspends capturing."""

    _pluginmanager = None
    _config = None
    _saved = []
    _recursive_debug = 0
    _wrapped_pdb_cls = None

    @classmethod
    def _is_capturing(cls, capman):
        return capman.is_capturing() if capman else False

    @classmethod
    def _import_pdb_cls(cls, capman):
        if not cls._config:
            return pdb.Pdb
        wanted = cls._config.getvalue("usepdb_cls")
        if not cls._wrapped_pdb_cls or cls._wrapped_pdb_cls[0] != wanted:
            chosen = cls._find_class(*wanted) if wanted else pdb.Pdb
            cls._wrapped_pdb_cls = wanted, cls._get_pdb_wrapper_class(chosen, capman)
        return cls._wrapped_pdb_cls[1]

    @staticmethod
    def _find_class(module, name):
        import importlib

        try:
            return functools.reduce(getattr, name.split("."), importlib.import_module(module))
        except Exception as error:
            from _pytest.config import UsageError

            raise UsageError(f"--pdbcls: could not import '{module}:{name}': {error}") from error

    @classmethod
    def _say_continue(cls, capman):
        tw = _writer(cls._config)
        tw.line()
        capturing = cls._is_capturing(capman)
        if capturing:
            whose = "" if capturing == "global" else f" for {capturing}"
            tw.sep(">", f"PDB continue (IO-capturing resumed{whose})")
            capman.resume()
        else:
            tw.sep(">", "PDB continue")
        tw.flush()

    @classmethod
    def _get_pdb_wrapper_class(cls, pdb_cls, capman):
        class PytestPdbWrapper(pdb_cls):
            _pytest_capman = capman
            _continued = False

            def do_debug(self, arg):
                cls._recursive_debug += 1
                result = super().do_debug(arg)
                cls._recursive_debug -= 1
                return result

            def do_continue(self, arg):
                result = super().do_continue(arg)
                if cls._recursive_debug == 0:
                    cls._say_continue(self._pytest_capman)
                cls._pluginmanager.hook.pytest_leave_pdb(config=cls._config, pdb=self)
                self._continued = True
                return result

            do_c = do_cont = do_continue

            def do_quit(self, arg):
                result = super().do_quit(arg)
                if cls._recursive_debug == 0:
                    from _pytest import outcomes

                    outcomes.exit("Quitting debugger")
                return result

            do_q = do_exit = do_quit

            def setup(self, f, tb):
                result = super().setup(f, tb)
                # After "continue" pdb can stop again: capturing goes off again.
                if not result and self._continued and self._pytest_capman:
                    self._pytest_capman.suspend_global_capture(in_=True)
                return result

            def get_stack(self, f, t):
                stack, i = super().get_stack(f, t)
                if f is None:
                    i = max(0, len(stack) - 1)
                    while i and stack[i][0].f_locals.get("__tracebackhide__", False):
                        i -= 1
                return stack, i

        for name in ("do_debug", "do_continue", "do_quit"):
            original = getattr(pdb_cls, name, None)
            if original is not None:
                getattr(PytestPdbWrapper, name).__doc__ = original.__doc__
        return PytestPdbWrapper

    @classmethod
    def _say_start(cls, method, capman, header):
        tw = _writer(cls._config)
        tw.line()
        if cls._recursive_debug == 0:
            capturing = cls._is_capturing(capman)
            if header is not None:
                tw.sep(">", header)
            elif capturing:
                whose = "" if capturing == "global" else f" for {capturing}"
                tw.sep(">", f"PDB {method} (IO-capturing turned off{whose})")
            else:
                tw.sep(">", f"PDB {method}")
        tw.flush()

    @classmethod
    def _init_pdb(cls, method, *args, **kwargs):
        """A debugger, with capturing off."""
        capman = cls._pluginmanager.getplugin("capturemanager") if cls._pluginmanager else None
        if capman:
            capman.suspend(in_=True)
        if cls._config:
            header = kwargs.pop("header", None) if cls._recursive_debug == 0 else None
            cls._say_start(method, capman, header)
        debugger = cls._import_pdb_cls(capman)(**kwargs)
        if cls._pluginmanager:
            cls._pluginmanager.hook.pytest_enter_pdb(config=cls._config, pdb=debugger)
        return debugger

    @classmethod
    def set_trace(cls, *args, **kwargs):
        """Stop here, as pdb.set_trace() does."""
        frame = sys._getframe().f_back
        cls._init_pdb("set_trace", *args, **kwargs).set_trace(frame)


def configure(config):
    """pdb.set_trace() is ours until the run ends."""
    import pdb

    if config.getvalue("trace"):
        config.pluginmanager.register(PdbTrace(), "pdbtrace")
    if config.getvalue("usepdb"):
        config.pluginmanager.register(PdbInvoke(), "pdbinvoke")
    pytestPDB._saved.append((pdb.set_trace, pytestPDB._pluginmanager, pytestPDB._config))
    pdb.set_trace = pytestPDB.set_trace
    pytestPDB._pluginmanager = config.pluginmanager
    pytestPDB._config = config

    def give_back():
        pdb.set_trace, pytestPDB._pluginmanager, pytestPDB._config = pytestPDB._saved.pop()

    config.add_cleanup(give_back)


class PdbInvoke:
    """--pdb: stops where a test failed."""

    def pytest_exception_interact(self, node, call, report):
        capman = node.config.pluginmanager.getplugin("capturemanager")
        if capman:
            capman.suspend_global_capture(in_=True)
            for text in capman.read_global_capture():
                sys.stdout.write(text)
        _enter_pdb(node, call.excinfo, report)

    def pytest_internalerror(self, excinfo):
        post_mortem(_postmortem_exc_or_tb(excinfo))


class PdbTrace:
    """--trace: stops at the start of each test."""

    @hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem):
        wrap_pytest_function_for_tracing(pyfuncitem)
        return (yield)


def wrap_pytest_function_for_tracing(pyfuncitem):
    debugger = pytestPDB._init_pdb("runcall")
    function = pyfuncitem.obj

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        debugger.runcall(functools.partial(function, *args, **kwargs))

    pyfuncitem.obj = wrapper


def maybe_wrap_pytest_function_for_tracing(pyfuncitem):
    if pyfuncitem.config.getvalue("trace"):
        wrap_pytest_function_for_tracing(pyfuncitem)


def _enter_pdb(node, excinfo, rep):
    tw = node.config.pluginmanager.getplugin("terminalreporter")._tw
    tw.line()
    shown = node.config.option.showcapture
    for name, content in (("stdout", rep.capstdout), ("stderr", rep.capstderr), ("log", rep.caplog)):
        if shown in (name, "all") and content:
            tw.sep(">", "captured " + name)
            tw.line(content.removesuffix("\n"))
    tw.sep(">", "traceback")
    rep.toterminal(tw)
    tw.sep(">", "entering PDB")
    tw.flush()
    rep._pdbshown = True
    post_mortem(_postmortem_exc_or_tb(excinfo))
    return rep


def _postmortem_exc_or_tb(excinfo):
    """What pdb starts from: the exception from 3.13 on, its traceback before."""
    import doctest

    from _pytest.config import ConftestImportFailure

    exception = excinfo.value
    if isinstance(exception, doctest.UnexpectedException):
        exception = exception.exc_info[1]
    elif isinstance(exception, ConftestImportFailure):
        exception = exception.cause
    return exception if sys.version_info >= (3, 13) else exception.__traceback__


def post_mortem(tb_or_exc):
    debugger = pytestPDB._init_pdb("post_mortem")
    debugger.reset()
    debugger.interaction(None, tb_or_exc)
    if debugger.quitting:
        from _pytest import outcomes

        outcomes.exit("Quitting debugger")


# Whoever comes here first, before pdb: its import configures pytestPDB, which needs all of the above.
import pdb  # noqa: E402


def __getattr__(name):
    from fastest._native_hooks import attribute

    return attribute(__name__, name)
