"""Every Python from 3.10 on that is installed here loads the one build, and imports little. What is not is skipped."""
import glob
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from conftest import FASTEST, PACKAGE

TOP = pathlib.Path(__file__).parents[2]
VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
# Where people keep several: pyenv, uv.
ELSEWHERE = ("{PYENV_ROOT}/versions/{version}.*/bin/python", "{HOME}/.local/share/uv/python/cpython-{version}.*/bin/python")


def find(version):
    """An interpreter of that version, or None."""
    if sys.version.startswith(version + "."):
        return sys.executable
    home = os.path.expanduser("~")
    places = {"HOME": home, "PYENV_ROOT": os.environ.get("PYENV_ROOT", home + "/.pyenv"), "version": version}
    found = [path for pattern in ELSEWHERE for path in sorted(glob.glob(pattern.format(**places)))]
    return found[-1] if found else shutil.which("python" + version)


@pytest.fixture(params=VERSIONS)
def python(request):
    path = find(request.param)
    if not path:
        pytest.skip(f"Python {request.param} is not installed")
    return path


def test_golden_cases(python):
    words = [sys.executable, TOP / "tools/run_cases.py", "--fastest", FASTEST, "--python", python, TOP / "tests/run"]
    got = subprocess.run(words, stdout=subprocess.PIPE, text=True)
    assert got.returncode == 0, got.stdout


def test_engine(python):
    """The engine's own tests that run under our own pytest."""
    files = [path for path in (TOP / "tests/engine").glob("test_*.py") if "install_finder" in path.read_text()]
    words = [python, "-m", "fastest", "-q", "-p", "no:cacheprovider", *sorted(files)]
    got = subprocess.run(words, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(PACKAGE)})
    assert got.returncode == 0, got.stdout


TEST = """
    import atexit, sys

    def write():
        with open("modules", "w") as out:
            out.write("\\n".join(sys.modules))

    def test_one():
        atexit.register(write)
    """
# What a run of one test may import: of ours, and of the standard library (faulthandler and gc are C).
ALLOWED = {
    *("__future__", "atexit", "faulthandler", "gc", "warnings", "test_one"),
    *("fastest", "fastest._fastest", "pytest", "_pytest", "_pytest._code", "_pytest.faulthandler", "_pytest.fixtures"),
    *("_pytest.outcomes", "_pytest.stash", "_pytest.unraisableexception"),
}


def test_a_run_of_one_test_imports_little(python, project, run, tmp_path):
    project(test_one=TEST)
    bare = subprocess.check_output([python, "-c", "import sys; print(*sys.modules)"], text=True).split()
    for which in ("first", "second"):  # the first makes the cache's folder
        code, out, err = run("--python", python)
        assert code == 0, out + err
        imported = set((tmp_path / "modules").read_text().split()) - set(bare)
        assert imported <= ALLOWED, (which, imported - ALLOWED)
    assert (tmp_path / ".pytest_cache/v/cache/nodeids").read_text() == '[\n  "test_one.py::test_one"\n]'
    assert {"README.md", ".gitignore", "CACHEDIR.TAG"} <= set(os.listdir(tmp_path / ".pytest_cache"))
