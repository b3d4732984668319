print("conftest")


def pytest_configure():
    print("configure")


def pytest_sessionstart():
    print("sessionstart")


def pytest_report_header(config, start_path):
    return ["one line", "another"]


def pytest_report_collectionfinish(items):
    return f"{len(items)} in all"


def pytest_deselected(items):
    print("deselected", len(items))


def pytest_runtest_logreport(report):
    if report.when == "call":
        print("report of", report.nodeid)


def pytest_sessionfinish():
    print("sessionfinish")


def pytest_terminal_summary(terminalreporter):
    terminalreporter.section("a section")
    terminalreporter.write_sep("-", "a title", bold=True)
    terminalreporter.write_line("a line", red=True)
    terminalreporter.line("another")


def pytest_unconfigure():
    print("unconfigure")
