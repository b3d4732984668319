"""Where an object that raised a ResourceWarning was allocated."""


def tracemalloc_message(source):
    """Text to put behind a warning about `source`; a hint where tracemalloc does not trace."""
    if source is None:
        return ""
    try:
        import tracemalloc
    except ImportError:
        return ""

    traceback = tracemalloc.get_object_traceback(source)
    if traceback is not None:
        return "\nObject allocated at:\n" + "\n".join(traceback.format())
    return (
        "Enable tracemalloc to get traceback where the object was allocated.\n"
        "See https://docs.pytest.org/en/stable/how-to/capture-warnings.html#resource-warnings for more info."
    )
