"""Exercises that check themselves, and every named mistake: a file a lesson, on `core`."""

from .core import exercise

__all__ = ["exercise"]
