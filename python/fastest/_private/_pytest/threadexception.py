"""Exceptions of threads: the plugin is C, its words are in _pytest._ignored_exceptions."""


def __getattr__(name):
    from fastest._native_hooks import attribute

    return attribute(__name__, name)
