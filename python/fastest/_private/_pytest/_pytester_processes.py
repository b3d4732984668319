"""Other processes of a Pytester: commands, Python, pytest, and programs at a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from _pytest import timing
from _pytest._pytester_result import exit_code
from _pytest._pytester_result import RunResult
from _pytest.compat import NOTSET
from _pytest.outcomes import importorskip
from _pytest.outcomes import skip
from _pytest.pathlib import make_numbered_dir


class Processes:
    """The part of Pytester that starts processes; needs `path`, `plugins`, `_request`."""

    CLOSE_STDIN = NOTSET

    class TimeoutExpired(Exception):
        pass

    def popen(self, cmdargs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=CLOSE_STDIN, **kw):
        """A :class:`subprocess.Popen` that finds modules in the working folder; see :meth:`run`."""
        folders = [os.getcwd(), os.environ.get("PYTHONPATH")]
        kw["env"] = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, folders))}
        is_closed = stdin is self.CLOSE_STDIN
        gets_bytes = isinstance(stdin, bytes)
        kw["stdin"] = subprocess.PIPE if is_closed or gets_bytes else stdin
        process = subprocess.Popen(cmdargs, stdout=stdout, stderr=stderr, **kw)
        if is_closed:
            process.stdin.close()
        elif gets_bytes:
            process.stdin.write(stdin)
        return process

    def run(self, *cmdargs, timeout=None, stdin=CLOSE_STDIN):
        """Runs a command to its end, and gives a :class:`RunResult`.

        :param cmdargs: The command's words; paths are made strings.
        :param timeout: Seconds after which it is killed and :class:`TimeoutExpired` raised.
        :param stdin: Bytes for its standard input, or what :class:`subprocess.Popen` takes; usually it is empty.
        """
        __tracebackhide__ = True
        command = tuple(os.fspath(argument) for argument in cmdargs)
        out_path = self.path.joinpath("stdout")
        err_path = self.path.joinpath("stderr")
        print("running:", *command)
        print("     in:", Path.cwd())
        with out_path.open("w", encoding="utf8") as out_file, err_path.open("w", encoding="utf8") as err_file:
            start = timing.Instant()
            process = self.popen(command, stdin=stdin, stdout=out_file, stderr=err_file)
            if process.stdin is not None:
                process.stdin.close()
            status = self._wait(process, timeout, command)
        out = out_path.read_text(encoding="utf8").splitlines()
        err = err_path.read_text(encoding="utf8").splitlines()
        self._dump_lines(out, sys.stdout)
        self._dump_lines(err, sys.stderr)
        return RunResult(exit_code(status), out, err, start.elapsed().seconds)

    def _wait(self, process, timeout, command):
        __tracebackhide__ = True
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            pass
        process.kill()
        process.wait()
        raise self.TimeoutExpired(f"{timeout} second timeout expired running: {command}")

    def _dump_lines(self, lines, fp):
        try:
            for line in lines:
                print(line, file=fp)
        except UnicodeEncodeError:
            print(f"couldn't print to {fp} because of encoding")

    # -- Python and pytest

    def _getpytestargs(self):
        """The words that start this runner: as this process was started."""
        from fastest._fastest import front_path

        front = front_path()
        if front is None:
            return (sys.executable, "-m", "fastest")
        return (front, "--python", sys.executable)

    def runpython(self, script):
        """Runs a script with this interpreter."""
        return self.run(sys.executable, script)

    def runpython_c(self, command):
        """Runs code with this interpreter's option -c."""
        return self.run(sys.executable, "-c", command)

    def runpytest_subprocess(self, *args, timeout=None):
        """Runs pytest in a process of its own, with a new --basetemp and the names in :attr:`plugins` as -p options.

        :param timeout: Seconds after which it is killed and :class:`TimeoutExpired` raised.
        """
        __tracebackhide__ = True
        basetemp = make_numbered_dir(root=self.path, prefix="runpytest-", mode=0o700)
        arguments = [f"--basetemp={basetemp}", *args]
        for plugin in self.plugins:
            if not isinstance(plugin, str):
                raise ValueError(
                    "Specifying plugins as objects is not supported in pytester subprocess mode; "
                    f"specify by name instead: {plugin}"
                )
            arguments[:0] = ["-p", plugin]
        return self.run(*self._getpytestargs(), *arguments, timeout=timeout)

    # -- Programs at a terminal

    def spawn_pytest(self, string, expect_timeout=10.0):
        """Starts pytest with a command line at a terminal of pexpect, and returns pexpect's child."""
        basetemp = self.path / "temp-pexpect"
        basetemp.mkdir(mode=0o700)
        words = " ".join(map(str, self._getpytestargs()))
        return self.spawn(f"{words} --basetemp={basetemp} {string}", expect_timeout=expect_timeout)

    def spawn(self, cmd, expect_timeout=10.0):
        """Starts a command at a terminal of pexpect, and returns pexpect's child."""
        pexpect = importorskip("pexpect", "3.0")
        if not hasattr(pexpect, "spawn"):
            skip("pexpect.spawn not available")
        logfile = self.path.joinpath("spawn.out").open("wb")
        child = pexpect.spawn(cmd, logfile=logfile, timeout=expect_timeout)
        self._request.addfinalizer(logfile.close)
        return child
