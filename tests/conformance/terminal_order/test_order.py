import os
import sys


def test_print():
    print("printed")
    os.write(1, b"written\n")


def test_print_errors():
    print("printed", file=sys.stderr)


def test_disabled(capsys):
    print("captured")
    with capsys.disabled():
        print("disabled")
    print("captured again")


def test_descriptor_disabled(capfd):
    with capfd.disabled():
        os.write(1, b"written\n")


def test_reporter(request):
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    reporter.write_line("from a test")
    assert [report.nodeid for report in reporter.stats["passed"]][0] == "test_order.py::test_print"


def test_fail():
    print("x" * 100)
    raise ValueError
