"""A front with a scripted host: the interpreter that it starts is a script of the test's own."""
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import textwrap

import pytest

FASTEST = pathlib.Path(os.environ.pop("FASTEST", pathlib.Path(__file__).parents[2] / "build" / "fastest")).resolve()

PACKAGE = FASTEST.parent / "python"

HOST_HEAD = f"""#!{sys.executable} -S
import os, signal, struct, sys, time

LOG = int(os.environ.get("FASTEST_EVENT_LOG", "-1"))


def append(kind, number=0, text=b""):
    (used,) = struct.unpack("<Q", os.pread(LOG, 8, 8))
    record = struct.pack("<IIIBBH", kind, number, len(text), 0, 0, 0) + text + bytes(-len(text) % 8)
    os.pwrite(LOG, record, used)
    os.pwrite(LOG, struct.pack("<Q", used + len(record)), 8)


def host_number():
    return struct.unpack("<I", os.pread(LOG, 4, 20))[0]


def reason():
    return os.pread(LOG, 472, 40).split(b"\\0")[0].decode()


def interrupted():
    append(7)
    (count,) = struct.unpack("<I", os.pread(LOG, 4, 28))
    os.pwrite(LOG, struct.pack("<I", count + 1), 28)


def say(text):
    os.write(1, text.encode() + b"\\n")

"""


@pytest.fixture
def write_host(tmp_path):
    """Writes a scripted interpreter; returns its path."""

    def write(body, name="host"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HOST_HEAD + textwrap.dedent(body))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return write


@pytest.fixture
def start(tmp_path):
    """Starts a front; at the end none is left."""
    running = []

    def start_front(*words, executable=FASTEST, **kwargs):
        kwargs.setdefault("cwd", tmp_path)
        process = subprocess.Popen(
            [executable, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **kwargs
        )
        running.append(process)
        return process

    yield start_front
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def run(start):
    """Runs a front to its end: (exit status, stdout, stderr)."""

    def run_front(*words, **kwargs):
        process = start(*words, **kwargs)
        out, err = process.communicate(timeout=30)
        return process.returncode, out, err

    return run_front


@pytest.fixture
def project(tmp_path):
    """Writes files by name, dedented; the project's folder is where the front starts."""

    def write(**files):
        for name, text in files.items():
            (tmp_path / f"{name}.py").write_text(textwrap.dedent(text))
        return tmp_path

    return write


@pytest.fixture
def session(run):
    """Runs the suite in the project's folder under this interpreter."""
    return lambda *words, **kwargs: run("--python", sys.executable, *words, **kwargs)


@pytest.fixture(scope="session")
def bare_python(tmp_path_factory):
    """The interpreter of an environment without pytest."""
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return str(folder / "bin" / "python")


@pytest.fixture(params=["with pytest", "without pytest"])
def either_python(request):
    """An interpreter that has pytest installed, and one that has not."""
    return sys.executable if request.param == "with pytest" else request.getfixturevalue("bare_python")


@pytest.fixture
def with_plugin(tmp_path, monkeypatch):
    """Installs a plugin with this source: its folder is on PYTHONPATH."""

    def install(source, version="1.0"):
        for old in tmp_path.glob("installed/flavour-*.dist-info"):
            shutil.rmtree(old)
        info = tmp_path / "installed" / f"flavour-{version}.dist-info"
        info.mkdir(parents=True, exist_ok=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: flavour\nVersion: {version}\n")
        (info / "entry_points.txt").write_text("[pytest11]\nflavour = flavour_plugin\n")
        (info.parent / "flavour_plugin.py").write_text(textwrap.dedent(source))
        monkeypatch.setenv("PYTHONPATH", str(info.parent))

    return install
