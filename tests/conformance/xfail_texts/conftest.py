"""Asks for the texts of expected failures when everything they were made from has changed."""
import os

reports = []


def pytest_runtest_logreport(report):
    if "EARLY" in os.environ:
        report.longreprtext
    reports.append(report)


def pytest_terminal_summary(terminalreporter):
    os.chdir("/")
    for report in reports:
        if report.longrepr:
            terminalreporter.write_line(f"{report.nodeid} {report.when} {report.outcome} {type(report.longrepr).__name__}")
            terminalreporter.write_line(report.longreprtext)
            terminalreporter.write_line(str(getattr(report.longrepr, "reprcrash", None)))
