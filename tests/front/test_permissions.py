"""What must not be read or written: run as a user without rights, on a tiny disk, beside foreign bytecode."""
import glob
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

import pytest

from conftest import FASTEST

NOBODY = 65534
TEST = "def test_a(): pass\ndef test_b(): assert {'a': 1} == {'a': 2}\n"


def run(words, folder):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    got = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    return got.returncode, got.stdout, got.stderr


class User:
    """Somebody who is not root, and a folder of his own."""

    def __init__(self, folder):
        self.folder = folder
        self.words = []
        self.python = sys.executable
        if os.getuid() == 0:
            self.words = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
            self.python = shutil.which("python3", path="/usr/bin:/usr/local/bin") or sys.executable
            os.chmod(folder, 0o755)
            os.chown(folder, NOBODY, NOBODY)
        probe = [*self.words, self.python, "-c", "import sys; sys.exit(sys.version_info < (3, 10))"]
        try:
            can_run = subprocess.run(probe, cwd=folder).returncode == 0
            can_run = can_run and subprocess.run([*self.words, FASTEST, "version"], stdout=subprocess.DEVNULL).returncode == 0
        except OSError as problem:
            pytest.skip(f"nobody else can be asked: {problem}")
        if not can_run:
            pytest.skip(f"a user without rights cannot run {self.python} and {FASTEST}")

    def write(self, name, content, mode=0o644):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        for each in (path, path.parent):
            if os.getuid() == 0:
                os.chown(each, NOBODY, NOBODY)
        path.chmod(mode)

    def run(self, *words):
        return run([*self.words, FASTEST, "--python", self.python, *words], self.folder)


@pytest.fixture
def user():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="fastest-user-"))
    yield User(folder)
    subprocess.run(["chmod", "-R", "u+rwx", folder])
    shutil.rmtree(folder)


def test_a_folder_that_cannot_be_written(user):
    user.write("test_a.py", TEST)
    user.folder.chmod(0o555)
    code, out, err = user.run()
    assert (code, err) == (1, "")
    assert "PytestCacheWarning: could not create cache path" in out and "1 failed, 1 passed, 2 warnings" in out


def test_caches_that_cannot_be_written(user):
    user.write("test_a.py", TEST)
    for name in (".pytest_cache", "__pycache__"):
        user.write(f"{name}/file", "")
        (user.folder / name).chmod(0o555)
    code, out, err = user.run()
    assert (code, err) == (1, "")
    assert "1 failed, 1 passed, 2 warnings" in out


def test_a_config_file_that_cannot_be_read(user):
    user.write("pytest.ini", "[pytest]\n", 0)
    user.write("test_a.py", TEST)
    assert user.run() == (4, "", f"ERROR: cannot open '{user.folder}/pytest.ini': Permission denied\n\n")


@pytest.mark.parametrize("name", ["test_b.py", "sub/test_b.py"])
def test_what_cannot_be_read_is_an_error_of_its_own(user, name):
    user.write("test_a.py", TEST)
    user.write(name, TEST)
    (user.folder / (name if "/" not in name else "sub")).chmod(0)
    code, out, err = user.run("--continue-on-collection-errors")
    assert (code, err) == (1, "")
    assert "PermissionError: [Errno 13] Permission denied" in out and "1 failed, 1 passed, 1 error" in out


def test_a_tiny_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", folder], capture_output=True).returncode != 0:
        pytest.skip("no disk can be mounted")
    try:
        (folder / "test_a.py").write_text(TEST)
        with open(folder / "fill", "wb", buffering=0) as fill:
            try:
                while fill.write(bytes(4096)):
                    pass
            except OSError:
                pass
        code, out, err = run([FASTEST, "--python", sys.executable, "--junitxml=out.xml"], folder)
    finally:
        subprocess.run(["umount", folder], check=True)
    assert (code, err) == (1, "")
    assert "1 failed, 1 passed" in out and "No space left on device" in out


def test_bytecode_of_others(tmp_path):
    """Cut, changed, foreign: as if it were not there."""
    (tmp_path / "test_a.py").write_text(TEST)
    words = [FASTEST, "--python", sys.executable, "-q", "-p", "no:cacheprovider"]
    expected = run(words, tmp_path)[1].rpartition(" in ")[0]
    (path,) = glob.glob(f"{tmp_path}/__pycache__/test_a.*fastest*.pyc")
    good = pathlib.Path(path).read_bytes()
    seed = random.Random(1)
    damaged = [b"", good[:40], good[:-1], good + b"x", good[:8] + bytes(100), seed.randbytes(500)]
    for _ in range(14):
        copy = bytearray(good)
        copy[seed.randrange(len(copy))] ^= 1 << seed.randrange(8)
        damaged.append(bytes(copy))
    for content in damaged:
        pathlib.Path(path).write_bytes(content)
        code, out, err = run(words, tmp_path)
        assert (code, err) == (1, "") and out.rpartition(" in ")[0] == expected, (content, out, err)
