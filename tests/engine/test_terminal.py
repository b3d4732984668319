"""The terminal reporter as plugins use it, and when its text reaches the terminal. Each run is a process of its own."""
import os
import pathlib
import subprocess
import sys
import textwrap

import pytest

from fastest import _fastest

PACKAGE = str(pathlib.Path(_fastest.__file__).parents[1])


@pytest.fixture
def project(tmp_path):
    def write(**files):
        for name, text in files.items():
            (tmp_path / f"{name}.py").write_text(textwrap.dedent(text))
        return tmp_path

    return write


def command(*args):
    return [sys.executable, "-m", "fastest", "-p", "no:cacheprovider", *args]


def environment():
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHON"))}
    return {**kept, "PYTHONPATH": PACKAGE, "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "80"}


def run(folder, *args):
    done = subprocess.run(
        command(*args), cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60
    )
    return done.stdout


def test_a_subclass_replaces_the_reporter_and_is_called(project):
    folder = project(
        conftest="""
            import pytest
            from _pytest.terminal import TerminalReporter

            class Reporter(TerminalReporter):
                def pytest_runtest_logreport(self, report):
                    super().pytest_runtest_logreport(report)
                    if report.when == "call":
                        self._tw.write("<" + report.outcome + ">")

                def _get_progress_information_message(self):
                    return " [mine]"

                def write_sep(self, sep, title=None, fullwidth=None, **markup):
                    super().write_sep("#" if sep == "=" else sep, title, fullwidth, **markup)

                def summary_stats(self):
                    self.write_line("stats: " + ", ".join(sorted(filter(None, self.stats))))

            @pytest.hookimpl(trylast=True)
            def pytest_configure(config):
                old = config.pluginmanager.get_plugin("terminalreporter")
                config.pluginmanager.unregister(old)
                config.pluginmanager.register(Reporter(config), "terminalreporter")
        """,
        test_it="""
            def test_pass(): pass
            def test_fail(): raise ValueError
        """,
    )
    lines = run(folder).splitlines()
    assert lines[0].startswith("####") and " test session starts " in lines[0]
    assert "test_it.py .<passed>F<failed>" + " [mine]".rjust(79 - len("test_it.py .<passed>F<failed>")) in lines
    assert lines[-1] == "stats: failed, passed"


def test_whoever_patches_the_writer_sees_everything(project):
    folder = project(
        conftest="""
            seen = []

            def pytest_sessionstart(session):
                writer = session.config.pluginmanager.get_plugin("terminalreporter")._tw
                write = writer.write

                def tee(text, **markup):
                    seen.append(text)
                    write(text, **markup)

                writer.write = tee

            def pytest_unconfigure():
                with open("seen", "w") as file:
                    file.write("".join(seen))
        """,
        test_it="def test_pass(): pass",
    )
    shown = run(folder)
    assert (folder / "seen").read_text() == shown


def test_attributes_are_pytests(project):
    folder = project(
        test_it="""
            import pathlib

            def test_first(): pass

            def test_attributes(request):
                reporter = request.config.pluginmanager.get_plugin("terminalreporter")
                assert type(reporter).__module__ == "_pytest.terminal"
                assert [report.nodeid for report in reporter.stats["passed"]] == ["test_it.py::test_first"]
                assert [report.when for report in reporter.stats[""]] == ["setup", "teardown", "setup"]
                assert reporter.currentfspath == pathlib.Path(__file__)
                assert reporter.startpath == request.config.invocation_params.dir
                assert not reporter.isatty and not reporter.isatty()
                assert reporter.verbosity == 0 and reporter.showheader and not reporter.showlongtestinfo
                assert reporter.hasopt("f") and reporter.hasopt("w") and not reporter.hasopt("xfailed")
                assert reporter.reported_progress == 1 and not reporter._is_last_item
                assert reporter._show_progress_info == "progress" and reporter._numcollected == 2
                assert reporter.build_summary_stats_line() == ([("1 passed", {"green": True, "bold": True})], "green")
                reporter.stats["passed"] = list(reporter.stats["passed"])
                reporter.showfspath = False
        """
    )
    assert "2 passed" in run(folder)


def test_categories_of_plugins_are_counted_and_coloured(project):
    folder = project(
        conftest="""
            def pytest_report_teststatus(report):
                if report.when == "call":
                    return "odd", "o", ("ODD", {"purple": True})
        """,
        test_it="def test_one(): pass",
    )
    shown = run(folder, "--color=yes")
    assert "\x1b[35mo\x1b[0m" in shown
    assert "\x1b[33m\x1b[1m1 odd\x1b[0m" in shown


@pytest.mark.parametrize("option", ["--tb=short", "-v"])
def test_what_runs_is_shown_before_it_runs(project, option):
    folder = project(
        test_it="""
            import os

            def test_block():
                os.read(int(os.environ["GATE"]), 1)
        """
    )
    gate_out, gate_in = os.pipe()
    process = subprocess.Popen(
        command(option), cwd=folder, env={**environment(), "GATE": str(gate_out)}, pass_fds=[gate_out], stdout=subprocess.PIPE
    )
    shown = b""
    while b"test_it.py" not in shown:
        part = os.read(process.stdout.fileno(), 4096)
        assert part, "the run is over"
        shown += part
    os.write(gate_in, b"x")
    rest, _ = process.communicate(timeout=30)
    assert b"1 passed" in shown + rest
    os.close(gate_in)
    os.close(gate_out)


def test_a_forked_child_does_not_write_what_its_parent_holds_back(project):
    folder = project(
        test_it="""
            import os

            def test_before(): pass

            def test_fork(request):
                child = os.fork()
                if not child:
                    request.config.pluginmanager.get_plugin("terminalreporter").flush()
                    os._exit(0)
                os.waitpid(child, 0)
        """
    )
    shown = run(folder)
    assert shown.count("test_it.py .") == 1 and shown.count("collected 2 items") == 1


def test_what_is_held_back_comes_before_what_others_write(project):
    folder = project(
        test_it="""
            import os

            def test_before(): pass

            def test_disabled(capfd):
                with capfd.disabled():
                    os.write(1, b"<disabled>")
        """
    )
    assert "test_it.py .<disabled>." in run(folder)
