"""Figures, widgets and live source for the notebooks."""

from .figures import (
    best_and_worst,
    colour_labels,
    heat,
    outlines,
    show_figure,
    show_images,
    show_lines,
    show_scores,
)
from .source import show_source
from .widgets import on_button, play

__all__ = [
    "best_and_worst",
    "colour_labels",
    "heat",
    "on_button",
    "outlines",
    "play",
    "show_figure",
    "show_images",
    "show_lines",
    "show_scores",
    "show_source",
]
