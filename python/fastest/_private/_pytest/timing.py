"""The clocks, where tests may replace them."""

from __future__ import annotations

from time import perf_counter
from time import sleep
from time import time


class Instant:
    """A moment: `time` in seconds since the epoch, `perf_count` to measure durations with."""

    def __init__(self):
        self.time = time()
        self.perf_count = perf_counter()

    def elapsed(self):
        return Duration(self, Instant())

    def as_utc(self):
        from datetime import datetime
        from datetime import timezone

        return datetime.fromtimestamp(self.time, timezone.utc)


class Duration:
    """What lies between two instants."""

    def __init__(self, start, stop):
        self.start = start
        self.stop = stop

    @property
    def seconds(self):
        return self.stop.perf_count - self.start.perf_count


class MockTiming:
    """A clock that only sleep() moves."""

    def __init__(self, _current_time=1590150050.0):
        self._current_time = _current_time

    def sleep(self, seconds):
        self._current_time += seconds

    def time(self):
        return self._current_time

    def patch(self, monkeypatch):
        from _pytest import timing

        monkeypatch.setattr(timing, "sleep", self.sleep)
        monkeypatch.setattr(timing, "time", self.time)
        monkeypatch.setattr(timing, "perf_counter", self.time)


__all__ = ["perf_counter", "sleep", "time"]
