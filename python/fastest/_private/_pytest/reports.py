"""Reports; the classes are C. Here is what few runs need: their serialised form, and reports of groups of skips."""

from __future__ import annotations

import os

from fastest._fastest import BaseReport
from fastest._fastest import CollectReport
from fastest._fastest import TestReport

from _pytest._code.code import ExceptionChainRepr
from _pytest._code.code import ReprEntry
from _pytest._code.code import ReprEntryNative
from _pytest._code.code import ReprExceptionInfo
from _pytest._code.code import ReprFileLocation
from _pytest._code.code import ReprFuncArgs
from _pytest._code.code import ReprLocals
from _pytest._code.code import ReprTraceback
from _pytest._code.code import TerminalRepr


def getworkerinfoline(node):
    """Which worker a report comes from, as pytest-xdist's reports are headed."""
    try:
        return node._workerinfocache
    except AttributeError:
        info = node.workerinfo
        version = "{}.{}.{}".format(*info["version_info"][:3])
        line = "[{}] {} -- Python {} {}".format(info["id"], info["sysplatform"], version, info["executable"])
        node._workerinfocache = line
        return line


class CollectErrorRepr(TerminalRepr):
    """A collection error that is only a text."""

    def __init__(self, msg):
        self.longrepr = msg

    def toterminal(self, out):
        out.line(self.longrepr, red=True)


def _format_exception_group_all_skipped_longrepr(item, excinfo):
    """(path, line, reason) of a group in which everything is a skip."""
    crash = excinfo._getreprcrash()
    if crash is None:
        raise AssertionError("There should always be a traceback entry for skipping a test.")
    skips = excinfo.value.exceptions
    if all(getattr(skip, "_use_item_location", False) for skip in skips):
        path, line = item.reportinfo()[:2]
        where, default = (os.fspath(path), line + 1), "skipped"
    else:
        where, default = (str(crash.path), crash.lineno), crash.message
    reasons = dict.fromkeys(getattr(skip, "msg", None) or (skip.args[0] if skip.args else None) for skip in skips)
    reason = "; ".join(reason for reason in reasons if reason) or default
    return (*where, reason)


def get_verbose_word_with_markup(report, config, default_markup):
    """The word and markup of a report under -v, whatever form a plugin's hook gave it."""
    verbose = config.hook.pytest_report_teststatus(report=report, config=config)[2]
    if isinstance(verbose, str):
        return verbose, default_markup
    if isinstance(verbose, (tuple, list)) and len(verbose) == 2:
        word, markup = verbose
        if isinstance(word, str) and hasattr(markup, "keys"):
            return word, markup
    from _pytest.outcomes import fail

    fail(
        "pytest_report_teststatus() hook (from a plugin) returned "
        f"an invalid verbose value: {verbose!r}.\nExpected either a string "
        "or a tuple of (word, markup)."
    )


# ---- as builtin objects, and back ----


def _fields(obj):
    """What a piece of a longrepr is made of, as dicts: attributes whose values are again such pieces."""
    return None if obj is None else {key: _fields(value) if isinstance(value, TerminalRepr) else value
                                     for key, value in vars(obj).items()}


def _entry_to_json(entry):
    return {"type": type(entry).__name__, "data": _fields(entry)}


def _traceback_to_json(traceback):
    data = _fields(traceback)
    data["reprentries"] = [_entry_to_json(entry) for entry in traceback.reprentries]
    return data


def _longrepr_to_json(longrepr):
    chain = None
    if isinstance(longrepr, ExceptionChainRepr):
        chain = [(_traceback_to_json(traceback), _fields(crash), text) for traceback, crash, text in longrepr.chain]
    return {
        "reprcrash": _fields(longrepr.reprcrash),
        "reprtraceback": _traceback_to_json(longrepr.reprtraceback),
        "sections": longrepr.sections,
        "chain": chain,
    }


def _report_to_json(report):
    data = dict(report.__dict__)
    if "_id" in data:
        data["nodeid"] = str(data.pop("_id"))
    longrepr = report.longrepr
    if hasattr(longrepr, "toterminal"):
        is_structured = hasattr(longrepr, "reprtraceback") and hasattr(longrepr, "reprcrash")
        longrepr = _longrepr_to_json(longrepr) if is_structured else str(longrepr)
    data["longrepr"] = longrepr
    for name, value in data.items():
        if isinstance(value, os.PathLike):
            data[name] = os.fspath(value)
        elif name == "result":
            data[name] = None
    return data


def _report_unserialization_failure(type_name, report_class, reportdict):
    raise RuntimeError(
        f"INTERNALERROR: Unknown entry type returned: {type_name}\nreport_name: {report_class}\n{reportdict!r}"
    )


def _entry_from_json(entry, reportdict):
    data = entry["data"]
    if entry["type"] == "ReprEntryNative":
        return ReprEntryNative(data["lines"])
    if entry["type"] != "ReprEntry":
        _report_unserialization_failure(entry["type"], TestReport, reportdict)
    arguments, location, variables = data["reprfuncargs"], data["reprfileloc"], data["reprlocals"]
    return ReprEntry(
        lines=data["lines"],
        reprfuncargs=ReprFuncArgs(**arguments) if arguments else None,
        reprlocals=ReprLocals(variables["lines"]) if variables else None,
        reprfileloc=ReprFileLocation(**location) if location else None,
        style=data["style"],
    )


def _traceback_from_json(data, reportdict):
    entries = [_entry_from_json(entry, reportdict) for entry in data["reprentries"]]
    return ReprTraceback(entries, data["extraline"], data["style"])


def _crash_from_json(data):
    return None if data is None else ReprFileLocation(**data)


def _report_kwargs_from_json(reportdict):
    longrepr = reportdict["longrepr"]
    if not longrepr or "reprcrash" not in longrepr or "reprtraceback" not in longrepr:
        return reportdict
    traceback = _traceback_from_json(longrepr["reprtraceback"], reportdict)
    if longrepr["chain"]:
        info = ExceptionChainRepr(
            [
                (_traceback_from_json(traceback, reportdict), _crash_from_json(crash), text)
                for traceback, crash, text in longrepr["chain"]
            ]
        )
    else:
        info = ReprExceptionInfo(traceback, _crash_from_json(longrepr["reprcrash"]))
    for section in longrepr["sections"]:
        info.addsection(*section)
    reportdict["longrepr"] = info
    return reportdict


def pytest_report_to_serializable(report):
    if not isinstance(report, (TestReport, CollectReport)):
        return None
    data = report._to_json()
    data["$report_type"] = report.__class__.__name__
    return data


def pytest_report_from_serializable(data):
    classes = {"TestReport": TestReport, "CollectReport": CollectReport}
    name = data.get("$report_type")
    if name is None:
        return None
    if name not in classes:
        raise AssertionError(f"Unknown report_type unserialize data: {name}")
    return classes[name]._from_json(data)
