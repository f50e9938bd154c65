"""Kinds of architecture for the drawn houses: their colours and how often they have each part."""

from __future__ import annotations

from typing import NamedTuple


class Style(NamedTuple):
    """One kind of architecture: its materials, and how often its houses have each part."""

    name: str
    walls: tuple
    trims: tuple
    frames: tuple
    shutters: tuple
    bars: tuple
    head: float
    surround: float
    sill: float
    balcony: float
    blind: float
    deco: float
    pillar: float
    strip: float
    shop: float
    arch: float
    pitched: float
    gable: float


WHITE, BROWN = "#f2efe8", "#5d4330"
STYLES = (
    Style(
        "modern",
        ("#e4e1d9", "#c9cbca", "#d9cdb9", "#a9afb2", "#eeece6", "#b89f86", "#8f979b"),
        ("#d5d6d3", "#b9bcbd", "#f0eee9"),
        ("#3a3f44", "#e9e9e6", "#6a7075"),
        ("#c9c9c4", "#8d9295", "#dcd6c8", "#7b6a58"),
        ((2, 1), (1, 1), (3, 1), (2, 2)),
        0.22,
        0.12,
        0.75,
        0.6,
        0.65,
        0.8,
        0.4,
        0.5,
        0.5,
        0,
        0.12,
        0,
    ),
    Style(
        "classical",
        ("#ecdcae", "#e6cf9f", "#efe4cf", "#e3c3ae", "#cfd8c4", "#ccd8de", "#e8d3c4", "#dcc9a0"),
        ("#f4efe3", "#e7ddc8", "#efe6d2"),
        (WHITE, WHITE, BROWN, "#47564e"),
        ("#5b7565", "#7b8c95", "#8a6a4d"),
        ((2, 2), (2, 3), (2, 2)),
        0.92,
        0.5,
        0.8,
        0.55,
        0.2,
        0.95,
        0.75,
        0.85,
        0.3,
        0.35,
        0.45,
        0.08,
    ),
    Style(
        "old town",
        (
            "#dba766",
            "#cf8f5f",
            "#e2bd84",
            "#c9785a",
            "#e0ab98",
            "#d9c79a",
            "#b9c3a2",
            "#e9d4b0",
            "#9fb4c0",
        ),
        ("#efe3cc", "#d9c6a4", "#f1ece0"),
        (WHITE, BROWN, "#e7dcc6"),
        ("#3f6a55", "#4c7288", "#7a4a36", "#83987a", "#8c3a33", "#35506b"),
        ((2, 2), (2, 3), (2, 1)),
        0.5,
        0.4,
        0.9,
        0.5,
        0.85,
        0.85,
        0.2,
        0.6,
        0.45,
        0.3,
        0.8,
        0.3,
    ),
    Style(
        "warehouse",
        ("#9a4b3a", "#a95d43", "#87402f", "#ab7654", "#7f5646", "#bd9569", "#93604a"),
        ("#d9c9a9", "#c8b798", "#e2d7c0", "#b9a68a"),
        ("#39474b", WHITE, "#2f3336", "#58402f"),
        ("#4d5a50", "#3d4c5c", "#6b3a30"),
        ((3, 4), (2, 3), (3, 3), (2, 2)),
        0.8,
        0.1,
        0.85,
        0.3,
        0.3,
        0.85,
        0.65,
        0.7,
        0.35,
        0.65,
        0.25,
        0.3,
    ),
    Style(
        "timber",
        ("#f1e9d8", "#eddfc0", "#e6cfa6", "#f3ece4", "#dcb98e"),
        ("#5a3f2c", "#4a3325", "#6e4b33"),
        (WHITE, WHITE, "#c9b393"),
        ("#4f7052", "#7d3a32", "#4b6678", "#6a4a35"),
        ((2, 2), (2, 3), (3, 2)),
        0.35,
        0.25,
        0.95,
        0.25,
        0.8,
        0.7,
        0.9,
        0.95,
        0.35,
        0,
        0.95,
        0.6,
    ),
)
MOSAICS = (
    ("#2f6f8f", "#7fb3c4", "#e9e2cc", "#1f4558"),
    ("#c9653a", "#e3a857", "#efe3c8", "#7d3a2a"),
    ("#4f7a5a", "#a9c08a", "#e8e6d2", "#2f4a3c"),
    ("#8f8a5a", "#c9bd88", "#efe9d6", "#5f5a3c"),
)
COMMON = (0, 1, 1, 1, 2, 2, 3, 3, 4)  # how often the styles come
DOORS = ("#5b3a26", "#2f4a3a", "#243b55", "#6e1f22", "#33363a", "#7a5a36", "#1f5560")
ROOFS = ("#9a5238", "#84432f", "#4a4d54", "#5f656c", "#7a5540", "#a8623f")
