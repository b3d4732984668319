"""pytester, by what it says about runs whose outcome is known. For our own runner: install_finder."""
import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]

MIXED = """
import pytest

def test_passes(): pass
def test_fails(): assert [1, 2] == [1, 3]
@pytest.mark.skip
def test_skipped(): pass
@pytest.fixture
def broken(): raise ValueError
def test_error(broken): pass
"""


def test_an_inner_run_reports_all_outcomes_and_leaves_the_outer_alone(pytester):
    pytester.makepyfile(MIXED)
    before = dict(sys.modules)
    result = pytester.runpytest()
    assert result.ret is pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=1, failed=1, skipped=1, errors=1)
    result.stdout.fnmatch_lines(["*At index 1 diff: 2 != 3*"])
    new = set(sys.modules) - set(before)
    assert not [name for name in new if name.startswith("test_")]


def test_recorded_calls_have_the_hooks_arguments(pytester):
    recorder = pytester.inline_runsource(MIXED)
    assert recorder.countoutcomes() == [1, 1, 2]
    assert recorder.getcall("pytest_sessionfinish").exitstatus == 1
    assert [call.item.name for call in recorder.getcalls("pytest_runtest_setup")][:2] == ["test_passes", "test_fails"]
    assert recorder.matchreport("test_fails").failed
    with pytest.raises(ValueError, match="found 2 or more"):
        recorder.matchreport()
    recorder.assert_contains([("pytest_collection", "session"), ("pytest_runtest_setup", "item.name == 'test_skipped'")])


def test_recording_ends_with_finish_recording(pytester):
    config = pytester.parseconfigure()
    recorder = pytester.make_hook_recorder(config.pluginmanager)
    config.hook.pytest_report_header(config=config, start_path=pytester.path)
    assert len(recorder.getcalls("pytest_report_header")) == 1
    recorder.finish_recording()
    config.hook.pytest_report_header(config=config, start_path=pytester.path)
    assert len(recorder.getcalls("pytest_report_header")) == 1


def test_a_subprocess_is_this_runner(pytester):
    pytester.makepyfile("import _pytest\ndef test(): print('from', _pytest.__file__); assert 0")
    result = pytester.runpytest_subprocess()
    import _pytest

    result.stdout.fnmatch_lines([f"from {_pytest.__file__}"])
    result.assert_outcomes(failed=1)


def test_the_front_starts_itself_again(pytester):
    # Under the executable this is its path; without one, the module.
    words = pytester._getpytestargs()
    assert words[1:] in (("-m", "fastest"), ("--python", sys.executable))
    said = subprocess.run([*words, "--version"], capture_output=True, text=True)
    assert said.stdout == "pytest 9.2.0\n"


def test_wrong_counts_are_told_apart(pytester):
    pytester.makepyfile(MIXED)
    with pytest.raises(AssertionError, match="'failed': 1"):
        pytester.runpytest().assert_outcomes(passed=4)


def test_a_mismatch_shows_what_was_tried():
    matcher = pytest.LineMatcher(["one", "two", "three"])
    with pytest.raises(pytest.fail.Exception) as failure:
        matcher.fnmatch_lines(["on*", "two", "four"])
    assert str(failure.value).splitlines() == [
        "fnmatch: 'on*'",
        "   with: 'one'",
        "exact match: 'two'",
        "nomatch: 'four'",
        "    and: 'three'",
        "remains unmatched: 'four'",
    ]
    with pytest.raises(pytest.fail.Exception) as failure:
        matcher.no_re_match_line("th")
    assert str(failure.value).splitlines() == [
        " nomatch: 'th'",
        "     and: 'one'",
        "     and: 'two'",
        "re.match: 'th'",
        "    with: 'three'",
    ]


def test_plugins_take_part_in_parsed_configs(pytester):
    class Plugin:
        def pytest_addoption(self, parser):
            parser.addoption("--number", type=int)

    pytester.plugins.append(Plugin())
    assert pytester.parseconfig("--number=3").getoption("number") == 3


def test_nodes_are_collected_without_a_run(pytester):
    module = pytester.getmodulecol("class TestIt:\n    def test_one(self): pass\n    def test_two(self): pass")
    group = pytester.collect_by_name(module, "TestIt")
    assert [item.name for item in pytester.genitems([group])] == ["test_one", "test_two"]
    assert pytester.collect_by_name(module, "absent") is None


def test_a_keyboard_interrupt_inside_is_one_outside(pytester):
    pytester.makepyfile("def test(): raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        pytester.runpytest()
    assert pytester.inline_run(no_reraise_ctrlc=True).ret == pytest.ExitCode.INTERRUPTED
