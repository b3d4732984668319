"""Which interpreter a run uses, and what is said when there is none."""
import os
import shutil

import pytest

from conftest import FASTEST


@pytest.fixture
def places(tmp_path, write_host):
    """An executable installed in an environment of its own, and ways to make others."""

    class Places:
        def __init__(self):
            self.folder = tmp_path
            self.env = {"PATH": str(tmp_path / "empty")}
            self.home = tmp_path / "own"
            self.site = self.home / "lib" / "python3.12" / "site-packages"
            (self.home / "bin").mkdir(parents=True)
            (self.site / "fastest").mkdir(parents=True)
            (self.site / "fastest" / "__init__.py").touch()
            self.executable = self.home / "bin" / "fastest"
            shutil.copy(FASTEST, self.executable)
            self.add_distribution("fastest-1.0")
            self.add_distribution("pip-24.0")

        def add_distribution(self, name, is_requested=True):
            folder = self.site / f"{name}.dist-info"
            folder.mkdir()
            if is_requested:
                (folder / "REQUESTED").touch()

        def add_python(self, prefix, name="python", version=None):
            write_host(f"say({prefix!r}); say(reason())", f"{prefix}/bin/{name}")
            if version:
                (tmp_path / prefix / "pyvenv.cfg").write_text(f"home = /usr\nversion = {version}\n")

    return Places()


@pytest.fixture
def chosen(places, run):
    def choose(*words, cwd=None, code=0):
        got = run(*words, executable=places.executable, env=places.env, cwd=cwd or places.folder)
        assert got[0] == code, got
        choose.reason = got[1].partition("\n")[2].strip()
        return (got[1].partition("\n")[0] or got[2]).strip()

    return choose


def test_an_environment_with_more_than_fastest_is_the_one(places, chosen):
    places.add_python("own")
    places.add_python("active")
    places.env["VIRTUAL_ENV"] = str(places.folder / "active")
    places.add_distribution("numpy-2.0")
    assert chosen() == "own"
    assert chosen.reason == "the environment that fastest is installed in"


def test_a_tool_environment_is_not(places, chosen):
    places.add_python("own")
    places.add_python("active")
    places.env["VIRTUAL_ENV"] = str(places.folder / "active")
    places.add_distribution("needed_by_somebody-2.0", is_requested=False)
    assert chosen() == "active"
    assert chosen.reason == "$VIRTUAL_ENV"


def test_the_projects_environment_is_found_from_below(places, chosen):
    places.add_python("project/.venv")
    (places.folder / "project" / "pyproject.toml").touch()
    below = places.folder / "project" / "a" / "b"
    below.mkdir(parents=True)
    assert chosen(cwd=below) == "project/.venv"
    assert chosen.reason == f".venv in {places.folder}/project"


def test_the_search_ends_at_the_root(places, chosen):
    places.add_python(".venv")
    places.add_python("path", "python3")
    places.env["PATH"] += f":{places.folder}/path/bin"
    inner = places.folder / "project"
    inner.mkdir()
    (inner / "pytest.ini").touch()
    assert chosen(cwd=inner) == "path"
    assert chosen.reason == "python3 on PATH"


def test_option_wins_and_takes_a_folder_or_a_name(places, chosen):
    places.add_python("own")
    places.add_distribution("numpy-2.0")
    places.add_python("other")
    places.add_python("path", "python3.12")
    places.env["PATH"] += f":{places.folder}/path/bin"
    assert chosen("--python", "other/bin/python") == "other"
    assert chosen("--python=other") == "other"
    assert chosen("--python", "python3.12") == "path"
    assert chosen.reason == "--python"


def test_nothing_found_is_one_sentence(places, chosen):
    places.add_python("own")
    assert chosen(code=4) == (
        f"fastest: found no Python interpreter; tried {places.home}: an environment for the tool fastest alone; "
        "$VIRTUAL_ENV: not set; .venv and venv at the root of the project: not there; python3 on PATH: not there"
    )


def test_too_old_is_said_without_starting_it(places, chosen):
    places.add_python("venv", version="3.9.18")
    assert chosen(code=4) == (
        f"fastest: cannot use {places.folder}/venv/bin/python (venv in {places.folder}): it is Python 3.9, "
        "and fastest needs 3.10 or newer"
    )


@pytest.mark.parametrize("word", ["--python=", "--python"])
def test_option_without_a_value(chosen, word):
    assert chosen(word, code=4) == "fastest: --python needs the path of an interpreter"


def test_option_that_is_no_program(chosen):
    assert chosen("--python", "./nothing", code=4) == "fastest: --python: './nothing' is not a program"


def test_the_order(places, chosen):
    """Each is chosen while those before it are not there."""
    order = ["option", "own", "active", "project/.venv", "project/venv", "path"]
    (places.folder / "project").mkdir()
    (places.folder / "project" / "pytest.ini").touch()
    for prefix in order[:-1]:
        places.add_python(prefix)
    places.add_python("path", "python3")
    places.env["PATH"] += f":{places.folder}/path/bin"
    places.env["VIRTUAL_ENV"] = str(places.folder / "active")
    places.add_distribution("numpy-2.0")
    for prefix in order:
        words = ["--python", str(places.folder / "option")] if prefix == "option" else []
        assert chosen(*words, cwd=places.folder / "project") == prefix
        shutil.rmtree(places.folder / prefix / "bin") if prefix != "own" else (places.home / "bin" / "python").unlink()


@pytest.mark.parametrize(
    "version, line",
    [("9.2.7", None), ("8.4.1", "fastest: behaves as pytest 9.2.0; this environment has 8.4.1"), (None, None)],
)
def test_another_version_of_pytest_is_named(project, run, bare_python, version, line):
    """In the header, when its minor version is another one."""
    folder = project(test_one="def test_one(): pass\n")
    if version:
        (folder / "site" / "_pytest").mkdir(parents=True)
        (folder / "site" / "_pytest" / "_version.py").write_text(f"# file\nversion = '{version}'\n")
    _, out, _ = run("--python", bare_python, "-v", env={**os.environ, "PYTHONPATH": str(folder / "site")})
    said = [text for text in out.splitlines() if text.startswith("fastest: ")]
    assert said == ([line] if line else []) + [f"fastest: runs {bare_python} (--python)"]
