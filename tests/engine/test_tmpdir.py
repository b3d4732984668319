"""TempPathFactory: names, retention, locks, and what it refuses."""
import os

import pytest
from fastest._fastest import TempPathFactory


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTEST_DEBUG_TEMPROOT", str(tmp_path))
    monkeypatch.setenv("LOGNAME", "someone")
    return tmp_path / "pytest-of-someone"


def factory(given=None, count=3, policy="all"):
    return TempPathFactory(given, count, policy, None, _ispytest=True)


def test_sessions_are_numbered_and_the_oldest_go(root):
    for number in range(5):
        one = factory()
        assert one._basetemp is None
        assert one.getbasetemp() == root / f"pytest-{number}"
        assert (one.getbasetemp() / ".lock").exists()
        (one.mktemp("deep") / "er").mkdir(mode=0o500)
        one._close()
        assert not (one.getbasetemp() / ".lock").exists()
    assert sorted(os.listdir(root)) == ["pytest-2", "pytest-3", "pytest-4", "pytest-current"]
    assert os.readlink(root / "pytest-current") == str(root / "pytest-4")


def test_a_folder_in_use_is_left_alone(root):
    used = factory(count=1)
    used.getbasetemp()
    for _ in range(3):
        other = factory(count=1)
        other.getbasetemp()
        other._close()
    assert sorted(os.listdir(root)) == ["pytest-0", "pytest-3", "pytest-current"]
    used._close()


def test_policy_none_keeps_nothing(root):
    one = factory(policy="none")
    one.getbasetemp()
    one._close()
    assert os.listdir(root) == []


def test_the_root_is_private_and_ours(root, tmp_path):
    root.mkdir()
    root.chmod(0o755)
    factory().getbasetemp()
    assert root.stat().st_mode & 0o777 == 0o700
    root.rename(tmp_path / "elsewhere")
    root.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="is a symbolic link"):
        factory().getbasetemp()


def test_numbers_go_on_and_skip_what_is_there(root):
    one = factory()
    base = one.getbasetemp()
    (base / "a1").mkdir()
    assert [one.mktemp("a").name for _ in range(2)] == ["a0", "a2"]
    assert one.mktemp("A").name == "A3"
    for number in range(30):
        (base / f"b{number}").mkdir()
    assert one.mktemp("b").name == "b30"
    assert one.mktemp("plain", numbered=False) == base / "plain"
    with pytest.raises(FileExistsError):
        one.mktemp("plain", numbered=False)
    one._close()


@pytest.mark.parametrize("name", ["a/b", "..", ".", "", "/x", "../x"])
def test_names_outside_are_refused(root, name):
    with pytest.raises(ValueError, match="is not a normalized and relative path"):
        factory().mktemp(name)


def test_a_given_folder_is_emptied_first(tmp_path):
    given = tmp_path / "given"
    (given / "old").mkdir(parents=True)
    assert factory(given).getbasetemp() == given
    assert os.listdir(given) == []
    with pytest.raises(FileNotFoundError):
        factory(tmp_path / "no" / "such").getbasetemp()
