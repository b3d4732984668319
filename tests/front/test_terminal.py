"""The real engine at a terminal of its own: debuggers, input, Ctrl-C, Ctrl-Z."""
import os
import pty
import select
import signal
import sys
import time

from conftest import FASTEST
from test_host import SHELL, is_running, wait_until


class Terminal:
    """A front at a terminal of its own."""

    def __init__(self, folder, *words, before=()):
        self.seen = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs this may ignore it
            command = [*before, str(FASTEST), "--python", sys.executable, *words]
            os.execv(command[0], command)

    def read_until(self, text, seconds=20):
        while text not in self.seen:
            assert select.select([self.fd], [], [], seconds)[0], self.seen
            self.seen += os.read(self.fd, 4000).decode()
        before, _, self.seen = self.seen.partition(text)
        return before

    def write(self, text):
        os.write(self.fd, text.encode())

    def wait(self):
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.fd)
        return status


def test_pdb_at_a_terminal(project, tmp_path):
    project(test_debug="def test_debug():\n    value = 42\n    assert value == 43\n")
    terminal = Terminal(tmp_path, "--pdb")
    terminal.read_until("(Pdb) ")
    terminal.write("p value * 2\n")
    terminal.read_until("84")
    terminal.read_until("(Pdb) ")
    terminal.write("c\n")
    terminal.read_until("1 failed")
    assert terminal.wait() == 1


def test_breakpoint_and_input_at_a_terminal(project, tmp_path):
    project(
        test_debug="""
        def test_breakpoint():
            value = 42
            breakpoint()
            print("after")

        def test_input():
            assert input("name? ") == "somebody"
        """
    )
    terminal = Terminal(tmp_path, "-s")
    terminal.read_until("(Pdb) ")
    terminal.write("p value * 2\n")
    terminal.read_until("84")
    terminal.write("c\n")
    terminal.read_until("name? ")
    terminal.write("somebody\n")
    terminal.read_until("2 passed")
    assert terminal.wait() == 0


def test_pdb_imported_by_a_test_suspends_capturing(project, tmp_path):
    project(
        test_debug="""
        def test_trace():
            print("before")
            import pdb; pdb.set_trace()
            print("after")
            assert 0
        """
    )
    terminal = Terminal(tmp_path)
    terminal.read_until("PDB set_trace (IO-capturing turned off)")
    terminal.read_until("(Pdb) ")
    terminal.write("c\n")
    terminal.read_until("PDB continue (IO-capturing resumed)")
    shown = terminal.read_until("1 failed")
    assert shown.split("Captured stdout call")[1].split()[1:3] == ["before", "after"], shown
    assert terminal.wait() == 1


def test_breakpoint_leaves_the_hook_of_the_interpreter(project, session):
    project(test_hook="import sys\n\ndef test_hook():\n    assert sys.breakpointhook is sys.__breakpointhook__\n")
    assert session("-q")[0] == 0


def test_ctrl_c_at_a_terminal(project, tmp_path):
    project(test_sleep="import time\n\ndef test_sleep():\n    print('asleep', flush=True)\n    time.sleep(60)\n")
    terminal = Terminal(tmp_path, "-s")
    terminal.read_until("asleep")
    terminal.write("\x03")
    terminal.read_until("KeyboardInterrupt")
    assert terminal.wait() == 2


SLOW_TEARDOWN = """
    import os, pathlib, pytest, time

    @pytest.fixture(scope="session", autouse=True)
    def resource():
        yield
        print("tearing down", flush=True)
        time.sleep(60)

    def test_sleep():
        pathlib.Path("pid").write_text(str(os.getpid()))
        print("asleep", flush=True)
        time.sleep(60)
    """


def test_a_second_ctrl_c_ends_at_once(project, tmp_path):
    project(test_sleep=SLOW_TEARDOWN)
    terminal = Terminal(tmp_path, "-s")
    terminal.read_until("asleep")
    terminal.write("\x03")
    terminal.read_until("tearing down")
    begin = time.monotonic()
    terminal.write("\x03")
    assert terminal.wait() == -signal.SIGINT  # as pytest ends
    assert time.monotonic() - begin < 30  # the teardown sleeps for 60
    wait_until(lambda: not is_running(int((tmp_path / "pid").read_text())))


def test_ctrl_z_and_fg_with_a_test_that_reads(project, tmp_path):
    project(
        test_read="""
        def test_read():
            assert input("first? ") == "one"
            assert input("second? ") == "two"
        """
    )
    terminal = Terminal(tmp_path, "-s", before=(sys.executable, "-c", SHELL))
    terminal.read_until("first? ")
    terminal.write("\x1a")
    terminal.read_until("stopped")
    terminal.write("fg\n")
    terminal.write("one\n")
    terminal.read_until("second? ")
    terminal.write("\x1a")
    terminal.read_until("stopped")
    terminal.write("fg\n")
    terminal.write("two\n")
    terminal.read_until("1 passed")
    terminal.read_until("status 0")
    terminal.wait()


def test_a_terminal_that_goes_away_takes_all_along(project, tmp_path):
    project(test_sleep=SLOW_TEARDOWN)
    terminal = Terminal(tmp_path, "-s")
    terminal.read_until("asleep")
    os.close(terminal.fd)
    assert os.waitstatus_to_exitcode(os.waitpid(terminal.pid, 0)[1]) == -signal.SIGHUP
    wait_until(lambda: not is_running(int((tmp_path / "pid").read_text())))
