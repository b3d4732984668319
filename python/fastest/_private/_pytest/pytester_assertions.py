"""The assertions of pytester, in a module of their own: as a plugin it is rewritten, and so they explain themselves."""

from __future__ import annotations

_NOUNS = ("passed", "skipped", "failed", "errors", "xpassed", "xfailed")


def assertoutcome(outcomes, passed=0, skipped=0, failed=0):
    """Fails unless the lists of passed, skipped and failed reports have these lengths."""
    __tracebackhide__ = True

    of_passed, of_skipped, of_failed = map(len, outcomes)
    obtained = {"failed": of_failed, "passed": of_passed, "skipped": of_skipped}
    expected = {"failed": failed, "passed": passed, "skipped": skipped}
    assert obtained == expected, outcomes


def assert_outcomes(
    outcomes, passed=0, skipped=0, failed=0, errors=0, xpassed=0, xfailed=0, warnings=None, deselected=None
):
    """Fails unless the counts are these; 0 also means that there was no such noun."""
    __tracebackhide__ = True

    expected = dict(zip(_NOUNS, (passed, skipped, failed, errors, xpassed, xfailed)))
    if warnings is not None:
        expected["warnings"] = warnings
    if deselected is not None:
        expected["deselected"] = deselected
    obtained = {noun: outcomes.get(noun, 0) for noun in expected}
    assert obtained == expected
