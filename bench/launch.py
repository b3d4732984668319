"""Runs one command after the other: a line of JSON [output, folder, environment, command] in, one out.

Out comes [exit status, wall s, peak KiB, processor s]. A process of its own, and a small one: a child's peak counts the
memory of the process that it was forked from. It stays, since a new one in front of every run would fill the
processor's caches with its own start.
"""
import json
import os
import sys
import time


def run(output, folder, environment, command):
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    os.chdir(folder)
    with open(output, "wb"):
        pass  # emptied before the clock runs
    start = time.perf_counter()
    pid = os.posix_spawn(command[0], command, environment, file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    wall_s = time.perf_counter() - start
    return [os.waitstatus_to_exitcode(status), wall_s, usage.ru_maxrss, usage.ru_utime + usage.ru_stime]


for line in sys.stdin:
    print(json.dumps(run(*json.loads(line))), flush=True)
