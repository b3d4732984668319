"""Where an object was allocated, if tracemalloc is running."""

from __future__ import annotations


def tracemalloc_message(source):
    """A line with the allocation's traceback, or the advice to turn tracemalloc on; "" without a source."""
    if source is None:
        return ""
    try:
        import tracemalloc
    except ImportError:
        return ""
    found = tracemalloc.get_object_traceback(source)
    if found is not None:
        return "\nObject allocated at:\n{}".format("\n".join(found.format()))
    advice = "https://docs.pytest.org/en/stable/how-to/capture-warnings.html#resource-warnings"
    return f"Enable tracemalloc to get traceback where the object was allocated.\nSee {advice} for more info."
