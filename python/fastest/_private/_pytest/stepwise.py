"""--stepwise: stops at the first failure, and goes on from there in the next run."""

from datetime import datetime
from datetime import timedelta


STEPWISE_CACHE_DIR = "cache/stepwise"


class StepwiseCacheInfo:
    """What one run leaves for the next."""

    def __init__(self, last_failed=None, last_test_count=None, last_cache_date_str=None):
        self.last_failed = last_failed  # node id
        self.last_test_count = last_test_count  # another number now: the suite is another one
        self.last_cache_date_str = last_cache_date_str or datetime.now().isoformat()

    @property
    def last_cache_date(self):
        return datetime.fromisoformat(self.last_cache_date_str)

    @property
    def age(self):
        return timedelta(seconds=int((datetime.now() - self.last_cache_date).total_seconds()))

    def update_date_to_now(self):
        self.last_cache_date_str = datetime.now().isoformat()


class StepwisePlugin:
    def __init__(self, config):
        self.config = config
        self.session = None
        self.cache = config.cache
        self.report_status = []
        self.skip = config.getoption("stepwise_skip")
        self.reset = config.getoption("stepwise_reset")
        self.cached_info = self._load_cached_info()

    def _load_cached_info(self):
        stored = self.cache.get(STEPWISE_CACHE_DIR, None)
        if stored:
            try:
                return StepwiseCacheInfo(
                    stored["last_failed"], stored["last_test_count"], stored["last_cache_date_str"]
                )
            except (KeyError, TypeError) as error:
                self.report_status.append(
                    f"error reading cache, discarding ({type(error).__name__}: {error})"
                )
        return StepwiseCacheInfo()

    def pytest_sessionstart(self, session):
        self.session = session

    def _find_start(self, items, previous_count):
        """The index of the test to go on from, and what to say; None: from the beginning."""
        info = self.cached_info
        if self.reset:
            info.last_failed = None
            return None, "resetting state, not skipping."
        if not info.last_failed:
            return None, "no previously failed tests, not skipping."
        if previous_count is not None and previous_count != len(items):
            info.last_failed = None
            return None, (
                f"test count changed, not skipping (now {len(items)} tests, previously {previous_count})."
            )
        for index, item in enumerate(items):
            if item.nodeid == info.last_failed:
                return index, (
                    f"skipping {index} already passed items (cache from {info.age} ago,"
                    " use --sw-reset to discard)."
                )
        return None, "previously failed test not found, not skipping."

    def pytest_collection_modifyitems(self, config, items):
        previous_count = self.cached_info.last_test_count
        self.cached_info.last_test_count = len(items)
        start, status = self._find_start(items, previous_count)
        self.report_status.append(status)
        if start is not None:
            deselected = items[:start]
            del items[:start]
            config.hook.pytest_deselected(items=deselected)

    def pytest_runtest_logreport(self, report):
        info = self.cached_info
        if report.failed and not self.skip:
            info.last_failed = report.nodeid
            self.session.shouldstop = "Test failed, continuing from this test next run."
        elif report.failed:
            self.skip = False  # one failure is passed over
            if report.nodeid == info.last_failed:
                info.last_failed = None
        elif report.when == "call" and report.nodeid == info.last_failed:
            info.last_failed = None

    def pytest_report_collectionfinish(self):
        if self.config.get_verbosity() < 0 or not self.report_status:
            return None
        return [f"stepwise: {status}" for status in self.report_status]

    def pytest_sessionfinish(self):
        if hasattr(self.config, "workerinput"):
            return  # workers would write over each other
        info = self.cached_info
        info.update_date_to_now()
        self.cache.set(
            STEPWISE_CACHE_DIR,
            {
                "last_failed": info.last_failed,
                "last_test_count": info.last_test_count,
                "last_cache_date_str": info.last_cache_date_str,
            },
        )


def __getattr__(name):
    from fastest._native_hooks import attribute

    return attribute(__name__, name)
