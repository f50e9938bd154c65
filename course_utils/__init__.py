"""The tested library of the course Image to Image. Importing it loads nothing heavy."""

__version__ = "0.1.0"
