"""Tracing of hook calls: PluginManager.enable_tracing(), --debug, PYTEST_DEBUG."""


def enable(manager):
    """Writes every hook call and its result to the manager's trace; returns the function that ends it."""
    trace = manager.trace.root.get("hook")

    def before(hook_name, methods, kwargs):
        trace.root.indent += 1
        trace(hook_name, kwargs)

    def after(outcome, hook_name, methods, kwargs):
        if outcome.exception is None:
            trace("finish", hook_name, "-->", outcome.get_result())
        trace.root.indent -= 1

    return manager.add_hookcall_monitoring(before, after)


def trace_to_stderr(manager):
    """PYTEST_DEBUG: everything from the start, to a copy of stderr that capturing does not touch."""
    import os
    import sys

    target = sys.stderr
    try:
        encoding = getattr(target, "encoding", "utf8")
        target = open(os.dup(target.fileno()), mode=target.mode, buffering=1, encoding=encoding)
    except Exception:
        pass  # no descriptor behind it: then itself
    manager.trace.root.setwriter(target.write)
    manager.enable_tracing()
