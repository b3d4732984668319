"""The explanation oracle on a few generated files: the whole of it is `make conformance`."""

import pathlib
import subprocess
import sys

from fastest import _fastest

ORACLE = pathlib.Path(__file__).parents[1] / "conformance" / "explanations"


def test_explanations_are_those_of_pytest(tmp_path):
    source = tmp_path / "source"
    subprocess.run([sys.executable, ORACLE / "generate.py", source, "4", "7"], check=True)
    (source / "pytest.ini").touch()
    got = subprocess.run(
        [
            sys.executable, ORACLE / "run.py", "--extension", _fastest.__file__, "--work", tmp_path / "work",
            f"generated={source}={sys.executable}=.",
        ],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    assert got.returncode == 0, got.stdout
    assert "executed 0" not in got.stdout
