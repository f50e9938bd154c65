"""Figures, widgets and live source for the notebooks."""

from .diagrams import unet_diagram
from .figures import (
    best_and_worst,
    colour_labels,
    heat,
    outlines,
    overlay,
    show_figure,
    show_images,
    show_intervals,
    show_lines,
    show_scores,
)
from .source import show_source
from .table import tell
from .widgets import on_button, play

__all__ = [
    "best_and_worst",
    "colour_labels",
    "heat",
    "on_button",
    "outlines",
    "overlay",
    "play",
    "show_figure",
    "show_images",
    "show_intervals",
    "show_lines",
    "show_scores",
    "show_source",
    "tell",
    "unet_diagram",
]
