"""The tested library of the course Image to Image. Importing it loads nothing heavy."""

import contextlib
import os
import sys

__version__ = "0.1.0"

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read when TensorFlow is imported


class _QuietImport:
    """Imports TensorFlow without what it writes to stderr before it reads its log level."""

    def find_spec(self, name, path=None, target=None):
        if name != "tensorflow":
            return None
        from importlib.machinery import PathFinder

        spec = PathFinder.find_spec(name, path, target)
        if spec:
            load = spec.loader.exec_module
            spec.loader.exec_module = lambda module: _silently(load, module)
        return spec


def _silently(function, argument):
    """Call a function while the file descriptor of stderr leads nowhere."""
    with contextlib.ExitStack() as later, open(os.devnull, "wb") as nowhere:
        stderr = os.dup(2)
        later.callback(os.close, stderr)
        os.dup2(nowhere.fileno(), 2)
        later.callback(os.dup2, stderr, 2)
        function(argument)


# Python 2 gets past this line, to the sentence that says what is needed.
if sys.version_info >= (3,) and os.environ["TF_CPP_MIN_LOG_LEVEL"] == "3":
    sys.meta_path.insert(0, _QuietImport())
