"""What the course draws: each picture from its seed, at the first look or many at once before."""

from functools import cached_property
from operator import methodcaller

from drawn_worlds import faces

DRAWN = {
    "train": range(400),
    "test": range(1_000_000, 1_000_040),
    "validation": range(3_000_000, 3_000_040),
}  # seeds: the sources


class Drawing:
    """Something that a world draws for a seed, its source; drawn at the first look.

    Those who inherit say in `make()` what `drawn` is. side: of the picture, in pixels.
    """

    def __init__(self, world: str, seed: int, side: int):
        self.id = self.source = f"{world} {seed}"
        self.world, self.seed, self.side = world, int(seed), side

    @cached_property
    def drawn(self):
        return self.make()


def train_test(of, seeds=DRAWN) -> tuple[list, list]:
    """(train, test): `of(seed)` for the seeds of both, not drawn yet."""
    return tuple([of(seed) for seed in seeds[part]] for part in ("train", "test"))


def draw(items, workers: int = 2) -> None:
    """Draw items now, in several processes, unless they are drawn already or read."""
    waiting = [one for one in items if isinstance(one, Drawing) and "drawn" not in vars(one)]
    if not waiting:
        return
    with faces.pool_of(workers) as pool:
        made = pool.map(methodcaller("make"), waiting, chunksize=8)
        for one, drawn in zip(waiting, made, strict=True):
            one.drawn = drawn
