"""Doctests in modules and text files. Imported when a run collects one."""

from __future__ import annotations

import bdb
import doctest
import functools
import inspect
import re
import sys
import traceback
from pathlib import Path

from fastest._fastest import Collector
from fastest._fastest import ExceptionInfo
from fastest._fastest import FixtureFunctionDefinition
from fastest._fastest import Item
from fastest._fastest import Module
from fastest._fastest import TopRequest

from _pytest import outcomes
from _pytest._code.code import ReprFileLocation
from _pytest._code.code import TerminalRepr
from _pytest.outcomes import OutcomeException
from _pytest.outcomes import skip

DOCTEST_REPORT_CHOICES = ("none", "cdiff", "ndiff", "udiff", "only_first_failure")
_REPORT_FLAGS = {
    "udiff": doctest.REPORT_UDIFF,
    "cdiff": doctest.REPORT_CDIFF,
    "ndiff": doctest.REPORT_NDIFF,
    "only_first_failure": doctest.REPORT_ONLY_FIRST_FAILURE,
    "none": 0,
}


def report_choice(text):
    """Type of --doctest-report: in any case."""
    return text.lower()


# ---- which files ----


def _is_setup_py(path):
    if path.name != "setup.py":
        return False
    content = path.read_bytes()
    return b"setuptools" in content or b"distutils" in content


def _is_main_py(path):
    return path.name == "__main__.py"


def _is_doctest(config, path, parent):
    from _pytest.pathlib import fnmatch_ex

    if path.suffix in (".txt", ".rst") and parent.session.isinitpath(path):
        return True
    return any(fnmatch_ex(glob, path) for glob in config.getoption("doctestglob") or ["test*.txt"])


def pytest_collect_file(file_path, parent):
    path = Path(file_path)
    if path.suffix == ".py":
        if parent.config.option.doctestmodules and not _is_setup_py(path) and not _is_main_py(path):
            return DoctestModule.from_parent(parent, path=path)
    elif _is_doctest(parent.config, path, parent):
        return DoctestTextfile.from_parent(parent, path=path)
    return None


# ---- running ----


class MultipleDoctestFailures(Exception):
    """The failures of a doctest that went on after the first."""

    def __init__(self, failures):
        super().__init__()
        self.failures = failures


class PytestDoctestRunner(doctest.DebugRunner):
    """Raises the first failure, or collects them all in `out`."""

    def __init__(self, checker=None, verbose=None, optionflags=0, continue_on_failure=True):
        super().__init__(checker=checker, verbose=verbose, optionflags=optionflags)
        self.continue_on_failure = continue_on_failure

    def _keep_or_raise(self, out, failure):
        if not self.continue_on_failure:
            raise failure
        out.append(failure)

    def report_failure(self, out, test, example, got):
        self._keep_or_raise(out, doctest.DocTestFailure(test, example, got))

    def report_unexpected_exception(self, out, test, example, exc_info):
        if isinstance(exc_info[1], OutcomeException):
            raise exc_info[1]
        if isinstance(exc_info[1], bdb.BdbQuit):
            outcomes.exit("Quitting debugger")
        self._keep_or_raise(out, doctest.UnexpectedException(test, example, exc_info))


def _get_runner(checker=None, verbose=None, optionflags=0, continue_on_failure=True):
    return PytestDoctestRunner(checker, verbose, optionflags, continue_on_failure)


def _runner_for(config):
    goes_on = config.getvalue("doctest_continue_on_failure") and not config.getvalue("usepdb")
    return _get_runner(_get_checker(), False, get_optionflags(config), goes_on)


class ReprFailDoctest(TerminalRepr):
    """Failures of a doctest: lines, then a location, each."""

    def __init__(self, reprlocation_lines):
        self.reprlocation_lines = reprlocation_lines

    def toterminal(self, tw):
        for location, lines in self.reprlocation_lines:
            for line in lines:
                tw.line(line)
            location.toterminal(tw)


def _shown_source(test, example, lineno):
    if lineno is None:
        lines = example.source.splitlines()
        shown = [f"??? {'...' if i else '>>>'} {line}" for i, line in enumerate(lines)]
        return ["EXAMPLE LOCATION UNKNOWN, not showing all tests of that example", *shown]
    numbered = [f"{i + test.lineno + 1:03d} {line}" for i, line in enumerate(test.docstring.splitlines(False))]
    return numbered[max(example.lineno - 9, 0) : example.lineno + 1]


def _repr_one(failure, report_flag):
    test, example = failure.test, failure.example
    lineno = None if test.lineno is None else test.lineno + example.lineno + 1
    lines = _shown_source(test, example, lineno)
    if isinstance(failure, doctest.DocTestFailure):
        lines += _get_checker().output_difference(example, failure.got, report_flag).split("\n")
    else:
        lines.append(f"UNEXPECTED EXCEPTION: {ExceptionInfo.from_exc_info(failure.exc_info).value!r}")
        lines += [line.strip("\n") for line in traceback.format_exception(*failure.exc_info)]
    return ReprFileLocation(test.filename, lineno, type(failure).__name__), lines


class DoctestItem(Item):
    """One docstring, or one text file."""

    def __init__(self, name, parent, runner, dtest):
        super().__init__(name, parent)
        self.runner = runner
        self.dtest = dtest
        self.obj = None
        self._fixtureinfo = self.session._fixturemanager.getfixtureinfo(node=self, func=None, cls=None)
        self.fixturenames = self._fixtureinfo.names_closure
        self._initrequest()

    @classmethod
    def from_parent(cls, parent, *, name, runner, dtest):
        return super().from_parent(name=name, parent=parent, runner=runner, dtest=dtest)

    def _initrequest(self):
        self.funcargs = {}
        self._request = TopRequest(self, _ispytest=True)

    def setup(self):
        self._request._fillfixtures()
        getfixture = self._request.getfixturevalue
        self.dtest.globs.update(getfixture=getfixture, **getfixture("doctest_namespace"))

    def runtest(self):
        _check_all_skipped(self.dtest)
        failures = []
        flags = self.runner.optionflags
        try:
            self.runner.run(self.dtest, out=failures)
        finally:
            self.runner.optionflags = flags
        if failures:
            raise MultipleDoctestFailures(failures)

    def repr_failure(self, excinfo):
        error = excinfo.value
        if isinstance(error, (doctest.DocTestFailure, doctest.UnexpectedException)):
            failures = [error]
        elif isinstance(error, MultipleDoctestFailures):
            failures = error.failures
        else:
            return super().repr_failure(excinfo)
        flag = _REPORT_FLAGS[self.config.getoption("doctestreport")]
        return ReprFailDoctest([_repr_one(failure, flag) for failure in failures])

    def reportinfo(self):
        return self.path, self.dtest.lineno, f"[doctest] {self.name}"


def _check_all_skipped(test):
    if all(example.options.get(doctest.SKIP, False) for example in test.examples):
        skip("all tests skipped by +SKIP option")


# ---- flags and output ----


def _get_allow_unicode_flag():
    return doctest.register_optionflag("ALLOW_UNICODE")


def _get_allow_bytes_flag():
    return doctest.register_optionflag("ALLOW_BYTES")


def _get_number_flag():
    return doctest.register_optionflag("NUMBER")


def _get_flag_lookup():
    names = (
        "DONT_ACCEPT_TRUE_FOR_1",
        "DONT_ACCEPT_BLANKLINE",
        "NORMALIZE_WHITESPACE",
        "ELLIPSIS",
        "IGNORE_EXCEPTION_DETAIL",
        "COMPARISON_FLAGS",
    )
    own = {"ALLOW_UNICODE": _get_allow_unicode_flag(), "ALLOW_BYTES": _get_allow_bytes_flag()}
    return {name: getattr(doctest, name) for name in names} | own | {"NUMBER": _get_number_flag()}


def get_optionflags(config):
    table = _get_flag_lookup()
    return functools.reduce(lambda flags, name: flags | table[name], config.getini("doctest_optionflags"), 0)


class LiteralsOutputChecker(doctest.OutputChecker):
    """Knows ALLOW_UNICODE, ALLOW_BYTES and NUMBER."""

    _unicode_literal_re = re.compile(r"(\W|^)[uU]([rR]?[\'\"])")
    _bytes_literal_re = re.compile(r"(\W|^)[bB]([rR]?[\'\"])")
    # A number with a fraction, an exponent or both: group 1 the fraction, 2 and 3 the exponent.
    _number_re = re.compile(
        r"(?:[+-]?\d*\.(?P<fraction>\d+)|[+-]?\d+\.)(?:[Ee](?P<exponent1>[+-]?\d+))?|[+-]?\d+(?:[Ee](?P<exponent2>[+-]?\d+))"
    )

    def check_output(self, want, got, optionflags):
        if super().check_output(want, got, optionflags):
            return True
        literals = [
            (_get_allow_unicode_flag(), self._unicode_literal_re),
            (_get_allow_bytes_flag(), self._bytes_literal_re),
        ]
        if not optionflags & (literals[0][0] | literals[1][0] | _get_number_flag()):
            return False
        for flag, pattern in literals:
            if optionflags & flag:
                want, got = (pattern.sub(r"\1\2", text) for text in (want, got))
        if optionflags & _get_number_flag():
            got = self._remove_unwanted_precision(want, got)
        return super().check_output(want, got, optionflags)

    def _remove_unwanted_precision(self, want, got):
        """`got` with the numbers of `want` where they are equal as far as those are written."""
        from _pytest.approx import approx

        wants, gots = (list(self._number_re.finditer(text)) for text in (want, got))
        if len(wants) != len(gots):
            return got
        parts, end = [], 0
        for wanted, found in zip(wants, gots):
            precision = len(wanted["fraction"] or "") - int(wanted["exponent1"] or wanted["exponent2"] or 0)
            is_equal = float(wanted[0]) == approx(float(found[0]), abs=10**-precision)
            parts += [got[end : found.start()], wanted[0] if is_equal else found[0]]
            end = found.end()
        return "".join(parts) + got[end:]


def _get_checker():
    return LiteralsOutputChecker()


# ---- collecting ----


class DoctestTextfile(Module):
    """A text file with doctests."""

    obj = None

    def collect(self):
        text = self.path.read_text(self.config.getini("doctest_encoding"))
        test = doctest.DocTestParser().get_doctest(text, {"__name__": "__main__"}, self.path.name, str(self.path), 0)
        if test.examples:
            yield DoctestItem.from_parent(self, name=test.name, runner=_runner_for(self.config), dtest=test)


def _is_mocked(obj):
    """mock.call and the like answer every attribute: unwrapping them has no end."""
    from _pytest.compat import safe_getattr

    return safe_getattr(obj, "pytest_mock_example_attribute_that_shouldnt_exist", None) is not None


class _patch_unwrap_mock_aware:
    """While entered, inspect.unwrap() stops at mocks."""

    def __enter__(self):
        self._real = real = inspect.unwrap

        def unwrap(func, *, stop=None):
            try:
                if stop is None or stop is _is_mocked:
                    return real(func, stop=_is_mocked)
                return real(func, stop=lambda obj: _is_mocked(obj) or stop(func))
            except Exception as error:
                import warnings

                from _pytest.warning_types import PytestWarning

                warnings.warn(
                    f"Got {error!r} when unwrapping {func!r}.  This is usually caused by a violation of Python's "
                    "object protocol; see e.g. https://github.com/pytest-dev/pytest/issues/5080",
                    PytestWarning,
                )
                raise

        inspect.unwrap = unwrap

    def __exit__(self, *exc_info):
        inspect.unwrap = self._real


class _Finder(doctest.DocTestFinder):
    """Finds docstrings of properties and cached properties at their lines, and leaves mocks alone."""

    def _find_lineno(self, obj, source_lines):
        # doctest looks through properties and decorators by itself since 3.11.9, 3.12.3 and 3.13.
        version = sys.version_info
        if version < (3, 11, 9) or (3, 12) <= version < (3, 12, 3):
            if isinstance(obj, property):
                obj = getattr(obj, "fget", obj)
            if hasattr(obj, "__wrapped__"):
                obj = inspect.unwrap(obj)
        elif version[:2] == (3, 12) and isinstance(obj, FixtureFunctionDefinition):
            obj = inspect.unwrap(obj)
        return super()._find_lineno(obj, source_lines)

    def _find(self, tests, obj, name, module, source_lines, globs, seen):
        if _is_mocked(obj):
            return
        with _patch_unwrap_mock_aware():
            super()._find(tests, obj, name, module, source_lines, globs, seen)

    def _from_module(self, module, object):
        if sys.version_info < (3, 13) and isinstance(object, functools.cached_property):
            object = object.func
        return super()._from_module(module, object)


class DoctestModule(Module):
    """A module with doctests in its docstrings."""

    def collect(self):
        try:
            module = self.obj
        except Collector.CollectError:
            if not self.config.getvalue("doctest_ignore_import_errors"):
                raise
            skip(f"unable to import module {self.path!r}")
        # Doctests see the fixtures of their own module.
        self.session._fixturemanager.parsefactories(self)
        runner = _runner_for(self.config)
        for test in _Finder().find(module, module.__name__):
            if test.examples:
                yield DoctestItem.from_parent(self, name=test.name, runner=runner, dtest=test)


def __getattr__(name):
    from fastest._native_hooks import attribute

    return attribute(__name__, name)
