"""fastest.main() in scripts, `python -m fastest`, and what pytest.main is then."""
import os
import subprocess
import sys

import pytest

from conftest import PACKAGE

SCRIPT = f"""
import sys

sys.path.insert(0, {str(PACKAGE)!r})
import fastest

class Plugin:
    def pytest_sessionfinish(self, session):
        import pytest
        print("finished with", session.testscollected, pytest.main is fastest.main)

code = fastest.main(["-q"], plugins=[Plugin(), "named_plugin"])
import pytest, _pytest.config
print("code", code, type(code) is pytest.ExitCode, pytest.main is fastest.main is _pytest.config.main)
print("again", fastest.main(["-q", "-k", "nothing"]), pytest.main(["-q", "test_some.py::test_fails"]), pytest.__file__)
"""
TESTS = """
def test_passes():
    import fastest, pytest
    assert pytest.main is fastest.main

def test_fails(named):
    assert named == 2
"""
PLUGIN = """
import pytest

@pytest.fixture
def named():
    return 1
"""


def python(folder, *words, interpreter=sys.executable, **environment):
    return subprocess.run(
        [interpreter, *words],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_main_in_a_script(project, either_python):
    folder = project(test_some=TESTS, script=SCRIPT, named_plugin=PLUGIN)
    got = python(folder, "script.py", interpreter=either_python)
    said = got.stdout.splitlines()
    assert got.returncode == 0, got.stdout + got.stderr
    assert "finished with 2 True" in got.stdout
    assert "code 1 True True" in said
    # The second and third run lack the plugin: no test of that name, then an error in its setup.
    assert said[-1].startswith("again 5 1 ") and said[-1].endswith("/fastest/_private/pytest/__init__.py")


def test_main_takes_the_command_line_by_default(project, either_python):
    folder = project(
        test_some="def test_a(): pass\ndef test_b(): pass\n",
        script=f"import sys\nsys.path.insert(0, {str(PACKAGE)!r})\nimport fastest\nsys.exit(fastest.main())\n",
    )
    got = python(folder, "script.py", "-q", "-k", "test_b", interpreter=either_python)
    assert got.returncode == 0
    assert "1 passed, 1 deselected" in got.stdout


@pytest.mark.parametrize("words", [("-m", "fastest"), ()], ids=["module", "executable"])
def test_main_within_a_run_is_ours(project, run, either_python, words):
    folder = project(test_some=TESTS, named_plugin=PLUGIN)
    if words:
        got = python(folder, *words, "-p", "named_plugin", interpreter=either_python, PYTHONPATH=str(PACKAGE))
        code, out = got.returncode, got.stdout
    else:
        code, out, _ = run("--python", either_python, "-p", "named_plugin", env={**os.environ, "PYTHONPATH": "."})
    assert code == 1, out
    assert "1 failed, 1 passed" in out


def test_module_run_has_the_working_folder_first(project):
    folder = project(
        test_module="""
        import sys, os

        def test_path():
            assert sys.path[0] == os.getcwd()
            assert sys.argv[0].endswith("/pytest/__main__.py")
        """,
    )
    got = python(folder, "-m", "fastest", "-q", "--import-mode=importlib", PYTHONPATH=str(PACKAGE))
    assert got.returncode == 0, got.stdout + got.stderr


REFUSAL = "fastest cannot run in this process: another _pytest is imported already ("


def test_main_refuses_another_pytest(project):
    folder = project(script=f"import sys, pytest\nsys.path.insert(0, {str(PACKAGE)!r})\nimport fastest\nfastest.main([])\n")
    got = python(folder, "script.py")
    assert got.returncode == 1
    assert got.stderr.splitlines()[-1].startswith("ImportError: " + REFUSAL)
    assert "site-packages/_pytest/__init__.py" in got.stderr


@pytest.mark.parametrize("is_module", [True, False])
def test_another_pytest_at_start_is_one_sentence(project, run, is_module):
    folder = project(sitecustomize="import _pytest\n", test_some=TESTS)
    if is_module:
        got = python(folder, "-m", "fastest", PYTHONPATH=f"{PACKAGE}:{folder}")
        code, out, err = got.returncode, got.stdout, got.stderr
    else:
        code, out, err = run("--python", sys.executable, env={**os.environ, "PYTHONPATH": str(folder)})
    assert (code, out) == (4, "")
    assert err.startswith(REFUSAL) and err.endswith("; start fastest before anything imports pytest\n")
    assert len(err.splitlines()) == 1
