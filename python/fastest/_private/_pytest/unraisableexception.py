"""Exceptions of finalizers: the plugin is C. The key is for those who set how often garbage is collected."""

from __future__ import annotations

import gc

from _pytest.stash import StashKey

gc_collect_iterations_key = StashKey()


def gc_collect_harder(iterations):
    for _ in range(iterations):
        gc.collect()


def collect_garbage(config):
    gc_collect_harder(config.stash.get(gc_collect_iterations_key, 1))


def __getattr__(name):
    from fastest._native_hooks import attribute

    return attribute(__name__, name)
