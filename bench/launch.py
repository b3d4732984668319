"""Runs one command and prints [exit status, wall s, peak KiB, processor s] as JSON: launch.py OUTPUT COMMAND...

A process of its own, and a small one: a child's peak counts the memory of the process that it was forked from.
"""
import os
import sys
import time


def main(output, command):
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    start = time.perf_counter()
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    wall_s = time.perf_counter() - start
    processor_s = usage.ru_utime + usage.ru_stime
    print("[%d, %r, %d, %r]" % (os.waitstatus_to_exitcode(status), wall_s, usage.ru_maxrss, processor_s))


main(sys.argv[1], sys.argv[2:])
