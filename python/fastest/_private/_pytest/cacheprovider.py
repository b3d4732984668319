"""Values kept from run to run. The class Cache is C; what reads and writes values, and --lf, --ff, --nf, is here."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

from _pytest.deprecated import check_ispytest
from fastest._fastest import CACHEDIR_FILES
from fastest._fastest import Cache
from fastest._fastest import CollectReport
from fastest._fastest import hookimpl

# ---- the class's methods ----


def cache_for_config(cls, config, *, _ispytest=False):
    """The cache of a config, emptied first if --cache-clear says so."""
    check_ispytest(_ispytest)
    folder = cls.cache_dir_from_config(config, _ispytest=True)
    if config.getoption("cacheclear") and folder.is_dir():
        clear_cache(folder)
    return cls(folder, config, _ispytest=True)


def cache_dir_from_config(_cls, config, *, _ispytest=False):
    """The folder that the ini value cache_dir names."""
    from _pytest.pathlib import resolve_from_str

    check_ispytest(_ispytest)
    return resolve_from_str(config.getini("cache_dir"), config.rootpath)


def cache_clear(cls, cachedir, _ispytest=False):
    """Removes values and plugins' folders."""
    check_ispytest(_ispytest)
    clear_cache(cachedir)


def cache_warn_with(self, fmt, *, _ispytest=False, **args):
    """A warning of the cache, at the caller of the method that warns."""
    import warnings

    from _pytest.warning_types import PytestCacheWarning

    check_ispytest(_ispytest)
    warnings.warn(PytestCacheWarning(fmt.format(**args) if args else fmt), self._config.hook, stacklevel=3)


def make_cachedir(target):
    """Made under another name and renamed when complete: two runs may start at once."""
    target.parent.mkdir(parents=True, exist_ok=True)
    path = target.parent / f"pytest-cache-files-{os.urandom(4).hex()}"
    path.mkdir()
    try:
        for name, content in CACHEDIR_FILES.items():
            path.joinpath(name).write_bytes(content)
        path.rename(target)
    except OSError as error:
        # Another run was faster.
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
    finally:
        if path.exists():
            import shutil

            shutil.rmtree(path, ignore_errors=True)


_make_cachedir = make_cachedir


def ensure_cachedir(cache):
    if not cache._cachedir.is_dir():
        make_cachedir(cache._cachedir)


def make_folder(cache, path):
    ensure_cachedir(cache)
    path.mkdir(exist_ok=True, parents=True)


def join_within(base, name):
    path = Path(os.path.normpath(base.joinpath(name)))
    if not path.is_relative_to(base):
        raise ValueError(f"{name!r} is not allowed to escape the cache directory")
    return path


def cache_mkdir(cache, name):
    if len(Path(name).parts) > 1:
        raise ValueError("name is not allowed to contain path separators")
    folder = join_within(cache._cachedir / "d", name)
    make_folder(cache, folder)
    return folder


def value_path(cache, key):
    return join_within(cache._cachedir / "v", key)


def cache_get(cache, key, default):
    path = value_path(cache, key)
    try:
        with path.open("r", encoding="UTF-8") as file:
            return json.load(file)
    except (ValueError, OSError):
        return default


def own_value(cache, key, default):
    """One of our own values: the default where somebody else has written something of another type."""
    value = cache.get(key, default)
    return value if isinstance(value, type(default)) else default


def is_encodable(text):
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def cache_set(cache, key, value):
    path = value_path(cache, key)
    try:
        make_folder(cache, path.parent)
    except OSError as error:
        cache_warn(cache, f"could not create cache path {path}: {error}")
        return
    data = json.dumps(value, ensure_ascii=False, indent=2)
    if not is_encodable(data):
        data = json.dumps(value, indent=2)  # node ids of files whose names are no UTF-8
    try:
        path.write_text(data, encoding="UTF-8")
    except OSError as error:
        cache_warn(cache, f"cache could not write path {path}: {error}")


def cache_warn(cache, message):
    import warnings

    from _pytest.warning_types import PytestCacheWarning

    warnings.warn(PytestCacheWarning(message), stacklevel=4)


def clear_cache(cachedir):
    import shutil

    for prefix in ("d", "v"):
        folder = cachedir / prefix
        if folder.is_dir():
            shutil.rmtree(folder, ignore_errors=True)


# ---- --lf, --ff ----


class LFPluginCollWrapper:
    """Sorts folders with failures first, and leaves passed tests out of their files."""

    def __init__(self, lfplugin):
        self.lfplugin = lfplugin
        self._collected_at_least_one_failure = False

    @hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector):
        import pytest

        report = yield
        paths = self.lfplugin._last_failed_paths
        if isinstance(collector, (pytest.Session, pytest.Directory)):
            report.result = sorted(report.result, key=lambda node: node.path in paths, reverse=True)
        elif isinstance(collector, pytest.File) and collector.path in paths:
            self._keep_failed(collector, report.result)
        return report

    def _keep_failed(self, collector, result):
        import pytest

        lastfailed = self.lfplugin.lastfailed
        if not self._collected_at_least_one_failure:
            if not any(node.nodeid in lastfailed for node in result):
                return
            self.lfplugin.config.pluginmanager.register(LFPluginCollSkipfiles(self.lfplugin), "lfplugin-collskip")
            self._collected_at_least_one_failure = True
        session = collector.session
        result[:] = [
            node
            for node in result
            if node.nodeid in lastfailed or session.isinitpath(node.path) or isinstance(node, pytest.Collector)
        ]


class LFPluginCollSkipfiles:
    """Leaves out files without failures, once a failure was found."""

    def __init__(self, lfplugin):
        self.lfplugin = lfplugin

    @hookimpl
    def pytest_make_collect_report(self, collector):
        import pytest

        if isinstance(collector, pytest.File) and collector.path not in self.lfplugin._last_failed_paths:
            self.lfplugin._skipped_files += 1
            return CollectReport(collector.nodeid, "passed", longrepr=None, result=[])
        return None


class LFPlugin:
    """Remembers failures; with --lf or --ff puts them first or alone."""

    def __init__(self, config):
        self.config = config
        self.active = bool(config.getoption("lf") or config.getoption("failedfirst"))
        self.lastfailed = own_value(config.cache, "cache/lastfailed", {})
        self._report_status = None
        self._skipped_files = 0
        if config.getoption("lf"):
            self._last_failed_paths = self.get_last_failed_paths()
            config.pluginmanager.register(LFPluginCollWrapper(self), "lfplugin-collwrapper")

    def get_last_failed_paths(self):
        found = set()
        for nodeid in self.lastfailed:
            path = self.config.rootpath / nodeid.split("::")[0]
            found.add(path)
            found.update(path.parents)
        return {path for path in found if path.exists()}

    def pytest_report_collectionfinish(self):
        if self.active and self.config.get_verbosity() >= 0:
            return f"run-last-failure: {self._report_status}"
        return None

    def pytest_runtest_logreport(self, report):
        if (report.when == "call" and report.passed) or report.skipped:
            self.lastfailed.pop(report.nodeid, None)
        elif report.failed:
            self.lastfailed[report.nodeid] = True

    def pytest_collectreport(self, report):
        if report.outcome not in ("passed", "skipped"):
            self.lastfailed[report.nodeid] = True
        elif report.nodeid in self.lastfailed:
            self.lastfailed.pop(report.nodeid)
            self.lastfailed.update((node.nodeid, True) for node in report.result)

    @hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, config, items):
        result = yield
        if self.active:
            self._select(config, items)
        return result

    def _select(self, config, items):
        if not self.lastfailed:
            self._report_status = "no previously failed tests, "
            if config.getoption("last_failed_no_failures") == "none":
                self._report_status += "deselecting all items."
                config.hook.pytest_deselected(items=items[:])
                items[:] = []
            else:
                self._report_status += "not deselecting items."
            return
        failed = [item for item in items if item.nodeid in self.lastfailed]
        passed = [item for item in items if item.nodeid not in self.lastfailed]
        if not failed:
            self._report_status = f"{len(self.lastfailed)} known failures not in selected tests"
        else:
            if config.getoption("lf"):
                items[:] = failed
                config.hook.pytest_deselected(items=passed)
            else:
                items[:] = failed + passed
            noun = "failure" if len(failed) == 1 else "failures"
            suffix = " first" if config.getoption("failedfirst") else ""
            self._report_status = f"rerun previous {len(failed)} {noun}{suffix}"
        if self._skipped_files > 0:
            noun = "file" if self._skipped_files == 1 else "files"
            self._report_status += f" (skipped {self._skipped_files} {noun})"

    def pytest_sessionfinish(self, session):
        config = self.config
        if config.getoption("cacheshow") or hasattr(config, "workerinput"):
            return
        if config.cache.get("cache/lastfailed", {}) != self.lastfailed:
            config.cache.set("cache/lastfailed", self.lastfailed)


# ---- --nf ----


class NFPlugin:
    """With --nf: tests of new files first, then the others by the time of their files."""

    def __init__(self, config):
        self.config = config
        self.active = config.option.newfirst
        self.cached_nodeids = {nodeid for nodeid in own_value(config.cache, "cache/nodeids", []) if isinstance(nodeid, str)}

    @hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items):
        result = yield
        known = self.cached_nodeids
        if self.active:
            new = {item.nodeid: item for item in items if item.nodeid not in known}
            other = {item.nodeid: item for item in items if item.nodeid in known}
            items[:] = self._newest_first(new.values()) + self._newest_first(other.values())
        known.update(item.nodeid for item in items)
        return result

    def _newest_first(self, items):
        return sorted(items, key=lambda item: item.path.stat().st_mtime, reverse=True)

    def pytest_sessionfinish(self):
        config = self.config
        if config.getoption("cacheshow") or config.getoption("collectonly") or hasattr(config, "workerinput"):
            return
        config.cache.set("cache/nodeids", sorted(self.cached_nodeids))


def register_plugins(config):
    """--lf, --ff, --nf, or failures that are remembered."""
    config.pluginmanager.register(LFPlugin(config), "lfplugin")
    config.pluginmanager.register(NFPlugin(config), "nfplugin")


# ---- --cache-show ----


def show(config):
    from _pytest.main import wrap_session

    return wrap_session(config, cacheshow)


def _files(base, glob):
    found = (path for path in base.rglob(glob) if path.is_file())
    return sorted(path for path in found if Path(os.path.normpath(path)).is_relative_to(base))


def cacheshow(config, session):
    from pprint import pformat

    from _pytest._io import TerminalWriter

    tw = TerminalWriter()
    cachedir = config.cache._cachedir
    tw.line("cachedir: " + str(cachedir))
    if not cachedir.is_dir():
        tw.line("cache is empty")
        return 0
    glob = config.option.cacheshow[0]
    if glob is None:
        glob = "*"
    values, folders, missing = cachedir / "v", cachedir / "d", object()
    tw.sep("-", f"cache values for {glob!r}")
    for path in _files(values, glob):
        key = str(path.relative_to(values))
        value = config.cache.get(key, missing)
        if value is missing:
            tw.line(f"{key} contains unreadable content, will be ignored")
            continue
        tw.line(f"{key} contains:")
        for line in pformat(value).splitlines():
            tw.line("  " + line)
    # The index and the records of discovery are no part of what pytest's users keep here.
    own = folders / "fastest"
    if folders.is_dir() and any(path != own for path in folders.iterdir()):
        tw.sep("-", f"cache directories for {glob!r}")
        for path in _files(folders, glob):
            if path.is_relative_to(own):
                continue
            tw.line(f"{path.relative_to(cachedir)} is a file of length {path.stat().st_size}")
    tw.flush()
    return 0


def __getattr__(name):
    from fastest._native_hooks import attribute

    return attribute(__name__, name)
