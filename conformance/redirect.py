"""Plugin of the outer pytest in own_suite.py: a pytest process that a test starts is the command under test."""
import json
import os
import shlex

import pytest
from _pytest.pytester import Pytester

COMMAND = tuple(shlex.split(os.environ.pop("OWN_SUITE_COMMAND")))
LOG = os.environ.pop("OWN_SUITE_LOG")
os.environ.pop("PYTHONPATH", None)
TIMEOUT_S = 60  # a command that hangs fails its own test, no other
IN_PROCESS = """runpytest_inprocess inline_run inline_runsource inline_genitems getitem getitems getmodulecol parseconfig
parseconfigure getnode getpathnode genitems runitem collect_by_name make_hook_recorder""".split()
used = {"launched": 0, "in_process": 0}


def replace(name, make):
    setattr(Pytester, name, make(getattr(Pytester, name)))


def launching(original):
    def command(self):
        used["launched"] += 1
        return COMMAND

    return command


def counting(original):
    def call(self, *args, **kwargs):
        used["in_process"] += 1
        return original(self, *args, **kwargs)

    return call


def bounded(original):
    def call(self, *args, **kwargs):
        kwargs["timeout"] = TIMEOUT_S if kwargs.get("timeout") is None else kwargs["timeout"]
        return original(self, *args, **kwargs)

    return call


replace("_getpytestargs", launching)
replace("run", bounded)
for _name in IN_PROCESS:
    replace(_name, counting)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item):
    used.update(launched=0, in_process=0)
    return (yield)


def pytest_runtest_logreport(report):
    if report.when == "call" or report.outcome != "passed":
        outcome = report.outcome
        if hasattr(report, "wasxfail"):
            outcome = "xfailed" if report.skipped else "xpassed"
        elif report.when != "call" and report.failed:
            outcome = "error"
        why = report.longreprtext.strip().splitlines()[-1:] if report.failed else []
        with open(LOG, "a") as log:
            log.write(json.dumps({"id": report.nodeid, "outcome": outcome, "why": "".join(why), **used}) + "\n")
