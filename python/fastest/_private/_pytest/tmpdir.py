"""Temporary directories for test functions; made and cleaned up in C."""

from fastest import _fastest
from fastest._fastest import TempPathFactory

__all__ = ["TempPathFactory"]

#: Where an item's stash keeps {phase: passed} while the retention policy is "failed".
tmppath_result_key = _fastest._tmppath_result_key()


def __getattr__(name):
    if name not in ("find_suffixes", "make_numbered_dir_with_cleanup", "rm_rf"):
        from fastest._native_hooks import attribute

        return attribute(__name__, name)
    import _pytest.pathlib

    return getattr(_pytest.pathlib, name)


def get_user():
    """The current user's name, or None where there is none to be found."""
    try:
        import getpass

        return getpass.getuser()
    except (ImportError, OSError, KeyError):
        return None


def _factory_from_mapping(config):
    """from_config() for an object that only looks like a Config."""
    count = int(config.getini("tmp_path_retention_count"))
    if count < 0:
        raise ValueError(f"tmp_path_retention_count must be >= 0. Current input: {count}.")
    return TempPathFactory(
        given_basetemp=config.option.basetemp,
        trace=config.trace.get("tmpdir"),
        retention_count=count,
        retention_policy=config.getini("tmp_path_retention_policy"),
        _ispytest=True,
    )
