"""The outer run: shows what each of its reports caught."""

collect_ignore = ["inner"]


def pytest_terminal_summary(terminalreporter):
    for outcome in ("passed", "failed", "error"):
        for report in terminalreporter.stats.get(outcome, []):
            if hasattr(report, "when"):
                terminalreporter.line(f"OUTER {report.nodeid} {report.when} {outcome}")
                for name, text in report.sections:
                    terminalreporter.line(f"<{name}>")
                    terminalreporter.line(text)
