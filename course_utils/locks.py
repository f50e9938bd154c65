"""What only one process at a time may do. Standard library only."""

import contextlib
import errno
import os
import time

TAKEN = (errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK)


@contextlib.contextmanager
def alone(path, waiting: str, remove: bool = False):
    """Hold the lock file `path`; whoever comes second prints `waiting`, once, and waits here.

    Programs started within inherit the lock: what a killed process has left behind is waited for.
    remove: take the file away at the end, where nothing started within can outlive it.
    """
    said = False
    while True:
        with path.open("a+b") as lock:
            os.set_inheritable(lock.fileno(), True)
            while not _locked(lock):
                if not said:
                    print(waiting, flush=True)
                said = True
                time.sleep(0.5)
            if not _lies_at(lock, path):  # its last holder has taken it away: open the next one
                continue
            try:
                yield
            finally:
                if remove:
                    with contextlib.suppress(OSError):  # Windows keeps what is open
                        path.unlink()
            return


def _locked(lock) -> bool:
    """Take the lock if nobody has it; closing the file gives it back."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except OSError as error:
        if error.errno not in TAKEN:  # such as a disk on the network that knows no locks
            raise
        return False


def _lies_at(lock, path) -> bool:
    try:
        return os.path.samestat(os.fstat(lock.fileno()), os.stat(path))
    except FileNotFoundError:
        return False
