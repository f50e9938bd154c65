"""What the page tells of its networks: the lesson that makes each, what it learned from, how long."""

from .. import lessons
from ..models import checkpoints

MADE_BY = {  # route: the lesson's word, and what is shipped for it
    "denoise": ("documents", "06_denoiser"),
    "face": ("face_sketch", "03_pix2pix_back"),
    "undraw": ("face_sketch", "03_pix2pix_there"),
    "repaint": ("style", "04_waves"),
    "colour": ("colorization", "05_hints"),
    "faces": ("psp", "08_sketch"),
    "house": ("pix2pix", "02_unet_l1_cgan"),
    "houses": ("flow", "10_houses"),
    "cells": ("segmentation", "01_unet"),
}


def networks(page="") -> dict[str, dict]:
    """{route: {"lesson", "address", "trained"}}: sentences, and where the lesson's page is.

    page: an address with {} for the lesson's name; "" where lessons have no pages.
    Raises what `checkpoints.told` raises.
    """
    return {route: _about(*made_by, page) for route, made_by in MADE_BY.items()}


def _about(word, checkpoint, page):
    card, told = lessons.card(word), checkpoints.told(checkpoint)
    where = " on a GPU" if "GPU" in told.get("made", "") else ""
    trained = (
        f"It learned from {told['data']}: {told['steps']:,} steps, "
        f"{max(1, round(told['seconds'] / 60))} minutes{where} by its record."
    )
    return {
        "lesson": f"lesson {card.title}",
        "address": page.format(card.name),
        "trained": trained,
    }
