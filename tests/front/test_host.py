"""The front and its host: words, descriptors, signals, crashes."""
import os
import pathlib
import pty
import select
import signal
import sys
import time

import pytest

from conftest import FASTEST


def wait_until(condition, seconds=5):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not happen"
        time.sleep(0.01)


def is_running(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def state_of(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_words_go_through_untouched_except_our_own(write_host, run):
    host = write_host("say(repr(sys.argv[2:]))")
    code, out, _ = run("-k", "a or b", "--python", str(host), "-x", "--", "--python", "kept")
    assert (code, out) == (0, "['-k', 'a or b', '-x', '--', '--python', 'kept']\n")
    assert run(f"--python={host}", "run")[1] == "['run']\n"
    assert run("run", f"--python={host}", "run")[1] == "['run']\n"


def test_a_folder_called_like_a_command_is_a_path(write_host, run, tmp_path):
    host = write_host("say(repr(sys.argv[2:]))")
    (tmp_path / "version").mkdir()
    assert run("version", f"--python={host}")[1] == "['version']\n"
    (tmp_path / "version").rmdir()
    assert run("version")[1].startswith("fastest ")


def test_first_argument_ends_in_pytest(write_host, run):
    assert run("--python", str(write_host("say(sys.argv[1])")))[1].endswith("/fastest/_private/bin/pytest\n")


def test_exit_status_is_the_hosts(write_host, run):
    assert run("--python", str(write_host("sys.exit(5)")))[0] == 5


def test_host_starts_with_clean_signals_and_nothing_but_the_log(write_host, run):
    host = write_host(
        """
        status = dict(line.split(":\\t", 1) for line in open("/proc/self/status") if ":\\t" in line)
        ignored = int(status["SigIgn"], 16)
        blocked = int(status["SigBlk"], 16)
        names = [n for n in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGCHLD) if ignored >> (n - 1) & 1]
        print(blocked, names, os.getpgrp() == os.getpgid(os.getppid()))
        """
    )

    def spoil():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])

    assert run("--python", str(host), preexec_fn=spoil)[1] == "0 [] True\n"


def test_nohup_is_kept(write_host, run):
    host = write_host("print(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)")
    ignore = lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)  # noqa: E731
    assert run("--python", str(host), preexec_fn=ignore)[1] == "True\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_termination_reaches_the_host_and_ends_the_front_alike(write_host, start, number):
    process = start("--python", str(write_host("say(str(os.getpid())); time.sleep(30)")))
    pid = int(process.stdout.readline())
    process.send_signal(number)
    assert process.wait(30) == -number
    wait_until(lambda: not is_running(pid))


def test_interrupt_is_passed_on_when_the_host_did_not_get_it(write_host, start):
    host = write_host(
        """
        try:
            say("ready"); time.sleep(30)
        except KeyboardInterrupt:
            sys.exit(2)
        """
    )
    process = start("--python", str(host))
    process.stdout.readline()
    begin = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 2
    assert 0.15 < time.monotonic() - begin < 20  # the host would sleep for 30


def test_interrupt_of_the_group_arrives_once(write_host, start):
    host = write_host(
        """
        count = 0
        def handler(*_):
            global count
            count += 1
            interrupted()
        signal.signal(signal.SIGINT, handler)
        say("ready")
        end = time.monotonic() + 0.8
        while time.monotonic() < end:
            time.sleep(0.05)
        say(str(count))
        """
    )
    process = start("--python", str(host), start_new_session=True)
    process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)
    assert process.stdout.readline() == "1\n"


def test_terminal_stop_and_continue(write_host):
    host = write_host(
        """
        say("pid %d" % os.getpid())
        for line in sys.stdin:
            say("got " + line.strip())
            if line.strip() == "end":
                sys.exit(4)
        """
    )
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(FASTEST, [str(FASTEST), "--python", str(host)])
    os.set_blocking(terminal, True)

    def read_until(text):
        seen = b""
        while text not in seen:
            seen += os.read(terminal, 1000)
        return seen

    host_pid = int(read_until(b"\n").split()[1])
    # The session's leader cannot be stopped by its terminal (nobody could continue it): stop the host alone.
    os.kill(host_pid, signal.SIGSTOP)
    wait_until(lambda: state_of(pid) == "T")
    os.kill(pid, signal.SIGCONT)
    wait_until(lambda: state_of(host_pid) != "T")
    os.write(terminal, b"hello\n")
    read_until(b"got hello")
    os.write(terminal, b"end\n")
    read_until(b"got end")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 4
    os.close(terminal)


SHELL = """
import os, signal, sys
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
pid = os.fork()
if pid == 0:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpid())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execv(sys.argv[1], sys.argv[1:])
while True:
    _, status = os.waitpid(pid, os.WUNTRACED)
    if not os.WIFSTOPPED(status):
        break
    os.tcsetpgrp(0, os.getpgrp())
    os.write(1, b"stopped\\n")
    os.read(0, 100)
    os.tcsetpgrp(0, pid)
    os.killpg(pid, signal.SIGCONT)
os.write(1, b"status %d\\n" % os.waitstatus_to_exitcode(status))
"""


def test_ctrl_z_and_fg_in_a_shell(write_host):
    host = write_host(
        """
        say("ready")
        for line in sys.stdin:
            say("got " + line.strip())
            if line.strip() == "end":
                sys.exit(4)
        """
    )
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-c", SHELL, str(FASTEST), "--python", str(host)])
    seen = b""

    def read_until(text):
        nonlocal seen
        while text not in seen:
            assert select.select([terminal], [], [], 5)[0], seen
            seen += os.read(terminal, 1000)
        seen = seen.partition(text)[2]

    read_until(b"ready")
    for _ in range(3):
        os.write(terminal, b"\x1a")
        read_until(b"stopped")
        os.write(terminal, b"fg\n")
        os.write(terminal, b"hello\n")
        read_until(b"got hello")
    os.write(terminal, b"end\n")
    read_until(b"status 4")
    os.waitpid(pid, 0)
    os.close(terminal)


CRASHING = """
append(1, host_number())
say("host %d" % host_number())
append(2, 10)
append(3, 0, b"a.py::test_%d" % host_number())
"""


def test_crash_in_mid_run_gets_a_successor(write_host, run):
    host = write_host(CRASHING + "if host_number() == 1: os.kill(os.getpid(), signal.SIGSEGV)\nappend(5); sys.exit(1)")
    assert run("--python", str(host))[:2] == (1, "host 1\nhost 2\n")


def test_three_crashes_in_a_row_end_the_run(write_host, run):
    host = write_host(CRASHING + "os.kill(os.getpid(), signal.SIGSEGV)")
    code, out, err = run("--python", str(host))
    assert (code, out) == (3, "host 1\nhost 2\nhost 3\n")
    assert err == (
        "fastest: the interpreter crashed 3 times in a row without finishing a test, last by SIGSEGV in a.py::test_3\n"
    )


def test_progress_between_crashes_starts_the_count_anew(write_host, run):
    body = """
    append(5)
    if host_number() < 6:
        append(3, 0, b"b.py::next")
        os.kill(os.getpid(), signal.SIGABRT)
    """
    host = write_host(CRASHING + "\n".join(line[4:] for line in body.split("\n")))
    code, out, _ = run("--python", str(host))
    assert (code, out.split()[-1]) == (0, "6")


def test_crash_before_the_first_test_is_not_tried_again(write_host, run):
    code, out, _ = run("--python", str(write_host("say('once'); os.kill(os.getpid(), signal.SIGABRT)")))
    assert (code, out) == (-signal.SIGABRT, "once\n")


def test_crash_after_the_run_is_the_hosts_own(write_host, run):
    host = write_host(CRASHING + "append(5); append(8, 0); os.kill(os.getpid(), signal.SIGSEGV)")
    assert run("--python", str(host))[:2] == (-signal.SIGSEGV, "host 1\n")
