"""Contact sheets: `python -m drawn_worlds [WORLD ...]` writes build/worlds/WORLD.png.

Pairs of a picture and its truth, side by side, six a row: what the worlds draw for the first seeds.
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.image import imsave
from skimage.util import montage

from . import WORLDS, Drawn, draw

SEEDS, SIDE = range(18), 192
FOLDER = Path(__file__).resolve().parent.parent / "build" / "worlds"


def sheet(world: str) -> np.ndarray:
    """The contact sheet of a world, float32 (H, W, 3) in [0, 1]."""
    tiles = [tile for seed in SEEDS for tile in _tiles(draw(world, seed, SIDE))]
    columns = 6 * len(tiles) // len(SEEDS)
    return montage(
        tiles,
        grid_shape=(-(-len(tiles) // columns), columns),
        padding_width=2,
        fill=(1, 1, 1),
        channel_axis=-1,
    )


def _tiles(drawn: Drawn) -> list[np.ndarray]:
    return [_coloured(part) for part in drawn if part is not None]


def _coloured(part: np.ndarray) -> np.ndarray:
    """Labels in colours, grey as RGB."""
    if part.dtype.kind == "i":
        colours = colormaps["tab20"](part % 20)[..., :3]
        return np.where((part == 0)[..., None], 0, colours).astype(np.float32)
    return np.broadcast_to(part.reshape(*part.shape[:2], -1), (*part.shape[:2], 3))


def main(worlds: list[str]) -> int:
    """Write the sheets of these worlds, or of all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for world in worlds or WORLDS:
        try:
            imsave(FOLDER / f"{world}.png", sheet(world))
        except ValueError as error:
            print(error, file=sys.stderr)
            return 1
        print(f"Wrote build/worlds/{world}.png")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
