"""The clocks, where tests may replace them: the engine, too, then reads what is put here."""

from __future__ import annotations

import sys
import types
from time import perf_counter
from time import sleep
from time import time

_OF_THE_SYSTEM = {"time": time, "perf_counter": perf_counter}


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


def _instant_at(wall, count):
    instant = Instant()
    instant.time = wall
    instant.perf_count = count
    return instant


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


class _Module(types.ModuleType):
    def __setattr__(self, name, value):
        super().__setattr__(name, value)
        if name in _OF_THE_SYSTEM:
            from fastest._fastest import _replace_clock

            _replace_clock(name, None if value is _OF_THE_SYSTEM[name] else value)


sys.modules[__name__].__class__ = _Module

__all__ = ["perf_counter", "sleep", "time"]
