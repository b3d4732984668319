"""Exceptions of threads: the plugin is C, its words are in _pytest._ignored_exceptions."""
