"""The tested library of the course Image to Image. Importing it loads nothing heavy."""

import os

__version__ = "0.1.0"

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read when TensorFlow is imported
