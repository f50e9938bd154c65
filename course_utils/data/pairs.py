"""Two pictures of one thing, and how a training draws from many such pairs."""

from dataclasses import dataclass

import numpy as np

from drawn_worlds import houses as facades

from .. import images


@dataclass
class Pair:
    """Two pictures of one thing.

    `id`: the name in its data set. `source_picture`, the input, and `target`, what should come
    out: (H, W, 3) float32 in [0, 1]. `source`: what a split keeps together. `labels`: the classes
    (H, W) int32 as in `facades.CLASSES` if one of the two is a label picture in their colours.
    """

    id: str
    source_picture: np.ndarray
    target: np.ndarray
    source: str
    labels: np.ndarray | None = None


class Jitter:
    """Draws training examples: `jitter(rng)` is (source, target), (side, side, 3) in [-1, 1].

    The random jitter of Isola et al. (2017), "Training details": both pictures alike are enlarged
    to side · scale, cropped at random and, with `flip`, mirrored every second time. Label pictures
    take the nearest pixel, so that no colour is invented. flip=False, scale=1: no jitter, as the
    paper has it for edges2shoes and edges2handbags (`JITTER`).
    Raises ValueError if there is no pair or scale is below 1.
    """

    def __init__(self, pairs, side: int, flip: bool = True, scale: float = 286 / 256):
        if not pairs or scale < 1:
            raise ValueError(f"Jitter needs pairs, not {len(pairs)}, and scale >= 1, not {scale}.")
        self.pairs, self.side, self.flip = pairs, side, flip
        self.large = round(side * scale)

    def __call__(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        pair = self.pairs[rng.integers(len(self.pairs))]
        top, left = rng.integers(self.large - self.side + 1, size=2)
        step = -1 if self.flip and rng.random() < 0.5 else 1
        flat = None if pair.labels is None else facades.colour(pair.labels)
        parts = []
        for picture in (pair.source_picture, pair.target):
            labels = flat is not None and np.array_equal(picture, flat)
            whole = images.resize(picture, (self.large, self.large), labels=labels)
            part = whole[top : top + self.side, left : left + self.side][:, ::step]
            parts.append(images.to_signed(part))
        return tuple(parts)
