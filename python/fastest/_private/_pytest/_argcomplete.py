"""Shell completion with the argcomplete library, where it is installed and the shell asks."""

import os


class FastFilesCompleter:
    """Completes file names without asking a shell."""

    def __init__(self, directories=True):
        self.directories = directories

    def __call__(self, prefix, **kwargs):
        from glob import glob

        cut = len(os.path.dirname(prefix)) + 1 if os.sep in prefix[1:] else 0
        found = set(glob(prefix + "*"))
        if "*" not in prefix and "?" not in prefix and (not prefix or prefix.endswith(os.sep)):
            found |= set(glob(prefix + ".*"))
        return [path[cut:] + (os.sep if os.path.isdir(path) else "") for path in sorted(found)]


filescompleter = None
if "_ARGCOMPLETE" in os.environ:
    filescompleter = FastFilesCompleter()


def try_argcomplete(parser):
    if "_ARGCOMPLETE" in os.environ:
        try:
            import argcomplete
        except ImportError:
            raise SystemExit(-1) from None
        argcomplete.autocomplete(parser, always_complete_options=False)
