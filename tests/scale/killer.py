"""Kills the process, one of those named, that took the step of this number in a file of steps."""

import os
import signal
import sys
import time
from pathlib import Path


def main(file, number, *pids):
    while not Path(file).exists() or len(Path(file).read_text().split()) < int(number):
        time.sleep(0.05)
    pid = Path(file).read_text().split()[0]
    assert pid in pids
    os.kill(int(pid), signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
