"""Runs of a Pytester inside this process."""

from __future__ import annotations

import importlib
import sys
import traceback
from types import SimpleNamespace

from _pytest import timing
from _pytest._pytester_recorder import HookRecorder
from _pytest._pytester_result import exit_code
from _pytest._pytester_result import RunResult
from _pytest.capture import _get_multicapture
from _pytest.config import ExitCode
from _pytest.config import main

# What every run needs sooner or later, and what the engine keeps once it has seen it (logging, threading): a module that
# an inner run is the first to import is forgotten with it, and the next one would get another. Of our own modules those
# that are imported when something fails: tests may have changed what they need for it.
for _name in (
    *("argparse", "ast", "dataclasses", "datetime", "difflib", "importlib.metadata", "inspect", "json", "logging"),
    *("pprint", "shlex", "tempfile", "textwrap", "threading", "tokenize", "typing", "unicodedata", "zipfile"),
    *("_pytest._code.code", "_pytest._code.source", "_pytest.cacheprovider", "_pytest.config._failures"),
    *("_pytest.config._methods", "_pytest.config._plugins", "_pytest.config._warnings", "_pytest.logging"),
    *("_pytest.python", "_pytest.reports", "_pytest.terminal", "_pytest.tmpdir", "_pytest.warnings"),
):
    importlib.import_module(_name)

# The runner's own packages are imported bit by bit, as they are needed: a part that an inner run was the first to
# need is the outer run's, too. And what keeps state outside of Python: zope's interfaces, readline.
_OWN = frozenset(("_pytest", "pytest", "pluggy", "fastest", "py"))


def _stays_imported(name):
    return name.startswith(("zope", "readline")) or name.partition(".")[0] in _OWN


def snapshots():
    """(of sys.modules, of sys.path): the classes are looked up where tests may have replaced them."""
    from _pytest import pytester

    return pytester.SysModulesSnapshot(preserve=_stays_imported), pytester.SysPathsSnapshot()


class PytesterHelperPlugin:
    """Starts recording as soon as there is a config."""

    def __init__(self, pytester):
        self._pytester = pytester
        self.recorders = []

    def pytest_configure(self, config):
        from _pytest.unraisableexception import gc_collect_iterations_key

        self.recorders.append(self._pytester.make_hook_recorder(config.pluginmanager))
        # An inner run leaves its garbage to the outer one: collecting takes longer than the run.
        config.stash[gc_collect_iterations_key] = 0


class InlineRuns:
    """The part of Pytester that runs tests in this process; needs `_request`, Files, and `_method`."""

    def make_hook_recorder(self, pluginmanager):
        """A :class:`HookRecorder` for a plugin manager that records until the test ends."""
        recorder = HookRecorder(pluginmanager, _ispytest=True)
        pluginmanager.reprec = recorder
        self._request.addfinalizer(recorder.finish_recording)
        return recorder

    def inline_runsource(self, source, *cmdlineargs):
        """Writes a test module, and runs it as :meth:`inline_run` does."""
        return self.inline_run(*cmdlineargs, self.makepyfile(source))

    def inline_genitems(self, *args):
        """(items, recorder) of a run with --collect-only."""
        recorder = self.inline_run("--collect-only", *args)
        return [call.item for call in recorder.getcalls("pytest_itemcollected")], recorder

    def inline_run(self, *args, plugins=(), no_reraise_ctrlc=False):
        """Runs :func:`pytest.main` in this process, and returns the :class:`HookRecorder` that saw all its hooks.

        :param args: Command line arguments.
        :param plugins: More plugins for the run.
        :param no_reraise_ctrlc: Whether a KeyboardInterrupt of the run ends there; usually it is raised again.
        """
        # Files made a moment ago may not be seen otherwise.
        importlib.invalidate_caches()
        modules, paths = snapshots()
        helper = PytesterHelperPlugin(self)
        try:
            status = main([str(argument) for argument in args], plugins=[*plugins, helper])
            recorder = helper.recorders[0] if len(helper.recorders) == 1 else SimpleNamespace()
            recorder.ret = status
            if status == ExitCode.INTERRUPTED and not no_reraise_ctrlc:
                interrupts = recorder.getcalls("pytest_keyboard_interrupt")
                if interrupts and interrupts[-1].excinfo.type == KeyboardInterrupt:
                    raise KeyboardInterrupt
            return recorder
        finally:
            modules.restore()
            paths.restore()

    def runpytest_inprocess(self, *args, **kwargs):
        """Runs pytest in this process, and gives what :meth:`runpytest` gives; see :meth:`inline_run`."""
        if kwargs.pop("syspathinsert", False):
            self.syspathinsert()
        start = timing.Instant()
        capture = _get_multicapture("sys")
        capture.start_capturing()
        try:
            try:
                recorder = self.inline_run(*args, **kwargs)
            except SystemExit as stop:
                recorder = SimpleNamespace(ret=exit_code(stop.args[0]))
            except Exception:
                traceback.print_exc()
                recorder = SimpleNamespace(ret=ExitCode.INTERNAL_ERROR)
        finally:
            out, err = capture.readouterr()
            capture.stop_capturing()
            sys.stdout.write(out)
            sys.stderr.write(err)
        assert recorder.ret is not None
        result = RunResult(recorder.ret, out.splitlines(), err.splitlines(), start.elapsed().seconds)
        result.reprec = recorder
        return result

    def runpytest(self, *args, **kwargs):
        """Runs pytest in this process or in another, as the option --runpytest says; gives a :class:`RunResult`."""
        runs = {"inprocess": self.runpytest_inprocess, "subprocess": self.runpytest_subprocess}
        if self._method not in runs:
            raise RuntimeError(f"Unrecognized runpytest option: {self._method}")
        return runs[self._method](*self._ensure_basetemp(args), **kwargs)

    def _ensure_basetemp(self, args):
        if any(str(argument).startswith("--basetemp") for argument in args):
            return list(args)
        return [*args, f"--basetemp={self.path.parent.joinpath('basetemp')}"]
