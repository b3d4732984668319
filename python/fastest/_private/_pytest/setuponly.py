"""--setup-only and --setup-show: what is written when a fixture is set up or torn down."""

from __future__ import annotations


SCOPES = ("session", "package", "module", "class", "function")


def _shown_param(fixturedef, request):
    """How the parameter is called: by its id where there is one."""
    if not fixturedef.ids:
        return request.param
    if callable(fixturedef.ids):
        return fixturedef.ids(request.param)
    return fixturedef.ids[request.param_index]


def show_setup(fixturedef, request):
    if hasattr(request, "param"):
        # For the line of the teardown, too.
        fixturedef.cached_param = _shown_param(fixturedef, request)
    _show_fixture_action(fixturedef, request.config, "SETUP")


def show_teardown(fixturedef, request):
    _show_fixture_action(fixturedef, request.config, "TEARDOWN")
    if hasattr(fixturedef, "cached_param"):
        del fixturedef.cached_param


def _show_fixture_action(fixturedef, config, msg):
    capman = config.pluginmanager.getplugin("capturemanager")
    if capman:
        capman.suspend_global_capture()

    scope = fixturedef.scope
    tw = config.get_terminal_writer()
    tw.line()
    tw.write("  " * SCOPES.index(scope))
    tw.write(f"{msg:<8} {scope[0].upper()} {fixturedef.argname}")
    if msg == "SETUP":
        used = sorted(name for name in fixturedef.argnames if name != "request")
        if used:
            tw.write(f" (fixtures used: {', '.join(used)})")
    if hasattr(fixturedef, "cached_param"):
        from _pytest._io.saferepr import saferepr

        tw.write(f"[{saferepr(fixturedef.cached_param, maxsize=42)}]")
    tw.flush()

    if capman:
        capman.resume_global_capture()


def __getattr__(name):
    from fastest._native_hooks import attribute

    return attribute(__name__, name)
