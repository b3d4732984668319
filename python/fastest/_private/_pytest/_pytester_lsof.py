"""--lsof: a warning for each test that leaves files open."""

from __future__ import annotations

import locale
import os
import subprocess
import sys

from _pytest.config import hookimpl
from _pytest.warning_types import PytestFDWarning

# Opened by asking who the user is.
IGNORE_PAM = ["/var/lib/sss/mc/passwd"]

# Lines with these words are no files that a test could have opened.
_NO_FILES = ("deleted", "mem", "txt", "cwd")


class LsofFdLeakChecker:
    def get_open_files(self):
        """[(descriptor, path)] of this process."""
        encoding = locale.getencoding() if sys.version_info >= (3, 11) else locale.getpreferredencoding(False)
        listing = subprocess.run(
            ("lsof", "-Ffn0", "-p", str(os.getpid())),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
            text=True,
            encoding=encoding,
        ).stdout
        found = []
        for line in listing.split("\n"):
            if not line.startswith("f") or any(word in line for word in _NO_FILES):
                continue
            descriptor, name = line.split("\0")[:2]
            path = name[1:]
            if path.startswith("/") and path not in IGNORE_PAM:
                found.append((descriptor[1:], path))
        return found

    def matching_platform(self):
        """Whether there is an lsof."""
        try:
            subprocess.run(("lsof", "-v"), check=True)
        except (OSError, subprocess.CalledProcessError):
            return False
        return True

    @hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item):
        before = self.get_open_files()
        try:
            return (yield)
        finally:
            after = self.get_open_files()
            known = {descriptor for descriptor, _ in before}
            leaked = [entry for entry in after if entry[0] not in known]
            if leaked:
                item.warn(PytestFDWarning(self._describe(item, before, after, leaked)))

    def _describe(self, item, before, after, leaked):
        headline = f"***** {len(leaked)} FD leakage detected"
        place = "*** function {}:{}: {} ".format(*item.location)
        lines = [headline, *leaked, "*** Before:", *before, "*** After:", *after, headline, place, "See issue #2366"]
        return "\n".join(map(str, lines))


LsofFdLeakChecker.__module__ = "_pytest.pytester"
