"""fastest.discover_tests(): objects, options, errors."""
import dataclasses
import subprocess
import sys

import pytest

import fastest

SOURCE = '''
import pytest

def test_plain(tmp_path): pass

@pytest.mark.slow(3, reason="long")
class TestCase:
    @pytest.mark.parametrize("x, y", [(1, "a")])
    async def test_method(self, x, y): pass
'''


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "test_some.py").write_text(SOURCE)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_fields_say_what_the_sources_say(project):
    plain, method = fastest.discover_tests()
    assert plain == fastest.TestInfo(
        id="test_some.py::test_plain", path=str(project / "test_some.py"), file="test_some.py", line=4, column=0,
        end_line=4, class_name=None, function="test_plain", is_async=False, is_unittest=False, marks=(),
        fixtures=plain.fixtures, parameter_id=None, parameter_names=(), exact=True, reason=None, recorded=False,
    )
    assert "tmp_path" in plain.fixtures
    assert method.id == "test_some.py::TestCase::test_method[1-a]"
    assert (method.class_name, method.is_async, method.parameter_id) == ("TestCase", True, "1-a")
    assert method.parameter_names == ("x", "y")
    (slow,) = [mark for mark in method.marks if mark.name == "slow"]
    assert slow == fastest.MarkInfo("slow", (3,), {"reason": "long"})


def test_infos_are_frozen(project):
    with pytest.raises(dataclasses.FrozenInstanceError):
        fastest.discover_tests()[0].id = "other"


@pytest.mark.parametrize(
    "options, count",
    [
        ({"paths": "test_some.py::TestCase"}, 1),
        ({"paths": []}, 2),
        ({"keyword": "plain"}, 1),
        ({"marks": "slow(reason='long')"}, 1),
        ({"marks": "-x"}, 0),
        ({"deselect": ["test_some.py::test_p"]}, 1),
        ({"ignore": ["test_some.py"]}, 0),
        ({"ignore_glob": ["*some*"]}, 0),
        ({"settings": {"python_files": "other.py"}}, 0),
        ({"options": ["-k", "method"]}, 1),
        ({"index": False}, 2),
    ],
)
def test_options_select(project, options, count):
    assert len(fastest.discover_tests(**options)) == count


def test_paths_start_from_the_folder(project, tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert len(fastest.discover_tests(project / "test_some.py")) == 2
    assert len(fastest.discover_tests("test_some.py", folder=project)) == 2
    assert fastest.discover_tests() == []


def test_usage_errors_are_value_errors_in_pytests_words(project):
    with pytest.raises(ValueError, match="Wrong expression passed to '-k'"):
        fastest.discover_tests(keyword="a b")
    with pytest.raises(ValueError, match="file or directory not found: nothing"):
        fastest.discover_tests("nothing")


def test_problems_are_collected(project):
    (project / "test_bad.py").write_text("def (")
    problems = []
    assert len(fastest.discover_tests(problems=problems)) == 2
    (problem,) = problems
    assert (problem.path, problem.line) == ("test_bad.py", 1) and problem.message


def test_the_package_alone_imports_none_of_it():
    code = "import fastest, sys; print('fastest._discover' in sys.modules, 'fastest._fastest' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out == "False False\n"
