"""Says in one sentence why this interpreter cannot run the engine. Must load in any Python."""
import sys


def explain(problem):
    """Prints the sentence and returns the exit status."""
    if getattr(problem, "name", None) is None:  # the engine's own words: it has loaded
        sys.stderr.write("%s\n" % problem)
        return 4
    version = "%d.%d" % sys.version_info[:2]
    implementation = getattr(getattr(sys, "implementation", None), "name", "python")
    if sys.version_info < (3, 10):
        reason = "it is Python %s, and fastest needs 3.10 or newer" % version
    elif implementation != "cpython":
        reason = "it is %s %s, and fastest needs CPython" % (implementation, version)
    elif not getattr(sys, "_is_gil_enabled", lambda: True)() or "free-threading" in sys.version:
        reason = "it is a free-threaded build of Python %s, which cannot load this build of fastest" % version
    else:
        reason = "its engine does not load (%s)" % problem
    sys.stderr.write("fastest: cannot use %s: %s\n" % (sys.executable, reason))
    return 4
