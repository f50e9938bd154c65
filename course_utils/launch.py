"""Which Python runs the course. This file and the package's own `__init__` run on any from 2.7 on."""

import os
import subprocess
import sys

SUPPORTED = ((3, 13), (3, 12), (3, 11))  # what TensorFlow has wheels for
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MISSING = (
    "This is Python {}.{}, and TensorFlow needs 3.11, 3.12 or 3.13: "
    "install Python 3.13 beside it and run the command again."
)
PROBE = "import sys; sys.exit(tuple(sys.version_info[:2]) not in %r)" % (SUPPORTED,)


def main(run):
    """Call `run` and exit with its status; a Python that isn't supported becomes one that is."""
    try:
        if tuple(sys.version_info[:2]) in SUPPORTED:
            sys.exit(run())
        found = another_python()
        if not found:
            sys.exit(MISSING.format(*sys.version_info[:2]))
        become(found + ["-m", "course_utils"] + sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit("\nStopped.")


def become(command, environment=None):
    """End this program by running another in its place, so that every signal reaches that one."""
    environment = os.environ if environment is None else environment
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "nt":  # whose exec would start a process beside this one's console
        sys.exit(subprocess.call(command, env=environment))
    os.execvpe(command[0], command, environment)


def another_python():
    """The command (a list) of the course's own Python, or of a supported one; empty if there is none."""
    commands = [
        [os.path.join(ROOT, ".venv", "bin", "python")],
        [os.path.join(ROOT, ".venv", "Scripts", "python.exe")],
    ]
    for version in SUPPORTED:
        commands += [["python%d.%d" % version], ["py", "-%d.%d" % version]]
    return next((command for command in commands if _is_supported(command)), [])


def _is_supported(command):
    """Whether a command is a Python that fits; a version manager's stand-in may be there without one."""
    with open(os.devnull, "w") as nowhere:
        try:
            return subprocess.call(command + ["-c", PROBE], stderr=nowhere) == 0
        except OSError:
            return False
