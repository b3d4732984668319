"""A pytest plugin: records what failing asserts say, with pytest's rewriter or with ours (EXPLANATIONS_REWRITER)."""

import atexit
import builtins
import importlib.machinery
import importlib.util
import json
import os
import random
import re
import sys

FOUND = {}
ADDRESS = re.compile(r"0x[0-9a-fA-F]+|(?<=\.\.\.)[0-9a-fx]*(?=>)|(?<=duration=)[0-9.]+")


# Where the comparison itself failed: pytest names a line of its own.
PLACE = re.compile(r"(?<=representation of details failed: )[^\n]*?:\d+: ")


def record(error, path, line):
    FOUND.setdefault(f"{path}:{line}", PLACE.sub("", ADDRESS.sub("0x...", str(error))))


def save(owner=os.getpid()):
    if os.getpid() == owner:
        with open(os.environ["EXPLANATIONS_LOG"], "w", encoding="utf-8", errors="backslashreplace") as file:
            json.dump(FOUND, file)


def pytest_runtest_setup(item):
    random.seed(item.nodeid)


try:
    from hypothesis import settings
except ImportError:
    pass
else:
    settings.register_profile("explanations", derandomize=True, deadline=None)
    settings.load_profile("explanations")

builtins._explanation_record = record
atexit.register(save)

if os.environ.get("EXPLANATIONS_REWRITER") == "fastest":
    location = os.environ["EXPLANATIONS_EXTENSION"]
    loader = importlib.machinery.ExtensionFileLoader("fastest._fastest", location)
    spec = importlib.util.spec_from_file_location("fastest._fastest", location, loader=loader)
    native = importlib.util.module_from_spec(spec)
    sys.modules["fastest._fastest"] = native
    loader.exec_module(native)

    import _pytest.assertion
    from _pytest.assertion import rewrite

    def exec_module(self, module):
        path = module.__spec__.origin
        self._rewritten_names[module.__name__] = rewrite.Path(path)
        exec(native.load_code(path, True, False), module.__dict__)

    def assertrepr_compare(*, op, left, right, verbose, highlighter, assertion_text_diff_style, truncation_budget):
        return iter(
            native.compare_values(
                op, left, right, verbose, highlighter, assertion_text_diff_style,
                truncation_budget.max_lines, truncation_budget.max_chars,
            )
        )

    rewrite.AssertionRewritingHook.exec_module = exec_module
    _pytest.assertion.util.assertrepr_compare = assertrepr_compare

    def report_fallbacks():
        print(f"fallbacks: {native._fallback_count()}", file=sys.stderr)

    atexit.register(report_fallbacks)
