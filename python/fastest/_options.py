"""Types of our own options."""


def worker_count(text):
    """The value of -n: a number, or as many as there are processors."""
    if text in ("auto", "logical"):
        import os

        return len(os.sched_getaffinity(0))
    return int(text)
