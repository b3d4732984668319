"""Discoveries and runs of one project at once, with edits meanwhile, killed at any time: the next answer is a fresh one.

STRESS_SECONDS: how long. STRESS_SEED: another course of edits and kills; what a check repeats is one and the same.
"""
import os
import random
import signal
import subprocess
import sys
import time

from conftest import FASTEST

SECONDS = float(os.environ.get("STRESS_SECONDS", "4"))
SEED = int(os.environ.get("STRESS_SEED", "1"))
COMMANDS = [
    ("discover", "-q"),
    ("discover", "-o", "json"),
    ("discover", "-q", "-o", "python_functions=test_* check_*"),
    ("-q", "-k", "test_1 or check"),
    ("-q",),
    ("--co", "-q"),
]
SETTINGS = [(), ("-o", "python_functions=test_* check_*"), ("-k", "test_1"), ("-o", "json")]


class Project:
    def __init__(self, folder, chance):
        self.folder = folder
        self.chance = chance
        for name in ("a", "b/c", "b/d"):
            (folder / name).mkdir(parents=True)
        for _ in range(60):
            self.edit()

    def source(self):
        numbers = self.chance.sample(range(20), self.chance.randrange(1, 8))
        lines = ["import pytest", self.chance.choice(["from helper import Base", "import helper", ""])]
        for number in numbers:
            if self.chance.random() < 0.3:
                lines.append(f"@pytest.mark.parametrize('x', {list(range(self.chance.randrange(5)))})")
                lines.append(f"def test_{number}(x): pass")
            else:
                lines.append(f"def {self.chance.choice(['test', 'check'])}_{number}(): pass")
        if "Base" in lines[1]:
            lines.append("class TestBase(Base): pass")
        if self.chance.random() < 0.05:
            lines.append("x = (")
        return "\n".join(lines) + "\n" * self.chance.randrange(3)

    def edit(self):
        folder = self.folder / self.chance.choice(["a", "b", "b/c", "b/d"])
        path = folder / f"test_{folder.name}_{self.chance.randrange(25)}.py"
        kind = self.chance.random()
        if kind < 0.1:
            names = self.chance.sample(range(9), 3)
            methods = "".join(f"    def test_{number}(self): pass\n" for number in names)
            (self.folder / "conftest.py").write_text(f"import sys\nsys.dont_write_bytecode = True\n# {names}\n")
            for place in ("a", "b", "b/c", "b/d"):
                (self.folder / place / "helper.py").unlink(missing_ok=True)
            (self.folder / "helper.py").write_text(f"class Base:\n{methods}")
        elif kind < 0.2:
            path.unlink(missing_ok=True)
        elif kind < 0.3 and path.exists():
            path.rename(path.with_name(f"test_{folder.name}_{self.chance.randrange(25)}.py"))
        else:
            path.write_text(self.source())


def ask(folder, *words):
    command = [FASTEST, "discover", "-q", "--python", sys.executable, *words]
    got = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    assert got.returncode in (0, 2), got
    return got.stdout, got.stderr


def counts(folder, *words):
    command = [FASTEST, "--python", sys.executable, "-q", *words]
    out = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, timeout=60).stdout
    return [line.rsplit(" in ", 1)[0] for line in out.splitlines()[-1:]]


def disturb(project, chance):
    """Several commands at once, edits meanwhile; some of them are killed."""
    running = [
        subprocess.Popen(
            [FASTEST, *chance.choice(COMMANDS), "--python", sys.executable],
            cwd=project.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for _ in range(3)
    ]
    for process in running:
        for _ in range(chance.randrange(4)):
            project.edit()
        if chance.random() < 0.6:
            time.sleep(chance.random() * chance.choice([0.003, 0.01, 0.1]))
            os.killpg(process.pid, signal.SIGKILL)
    for process in running:
        assert process.wait(timeout=60) in (0, 1, 2, 5, -signal.SIGKILL), SEED


def test_whatever_happens_the_next_answer_is_a_fresh_one(tmp_path):
    chance = random.Random(SEED)
    project = Project(tmp_path, chance)
    end = time.monotonic() + SECONDS
    rounds = 0
    while time.monotonic() < end:
        disturb(project, chance)
        words = chance.choice(SETTINGS)
        fresh = ask(tmp_path, "--no-index", *words)
        assert ask(tmp_path, *words) == fresh, SEED
        assert ask(tmp_path, *words) == fresh, SEED
        if rounds % 5 == 0:
            assert counts(tmp_path, "-k", "test_2") == counts(tmp_path, "-k", "test_2", "--no-index"), SEED
        rounds += 1
    left = [path.name for path in (tmp_path / ".pytest_cache" / "d" / "fastest").iterdir()]
    assert set(left) <= {"index", "records"} or len(left) < 6, (SEED, left)
    assert rounds > 3
