"""What a seed and a size may be, for all worlds."""

from numbers import Integral


def check(smallest: int, largest: int, size, seed=0) -> None:
    """Raise TypeError or ValueError for a seed or a size that nothing can be drawn with."""
    for name, value in (("seed", seed), ("size", size)):
        if isinstance(value, bool) or not isinstance(value, Integral):
            raise TypeError(f"{name} must be a whole number, not {value!r}.")
    if seed < 0:
        raise ValueError(f"seed must be 0 or more, not {seed}.")
    if not smallest <= size <= largest:
        raise ValueError(f"size must be {smallest} to {largest} pixels, not {size}.")
