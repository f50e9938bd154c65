"""What may be wrong with a folder of pictures, before anything is trained on it.

Files that can't be read, pictures that look the same, the same on both sides of a split, odd sizes
and value ranges, folders of very different sizes.
"""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from .. import images
from . import readers

SIDE = 32  # pixels: pictures are compared at this size
ALIKE = 4  # of 64 bits: pictures whose hashes differ in no more look the same
FLAT = 0.02  # pictures whose values span less show nothing, and look like each other
UNEVEN = 10  # times as many pictures in one folder as in another
PARTS = re.compile(r"(train|val|test)", re.IGNORECASE)
NAMED = 3  # examples in a sentence


@dataclass(frozen=True)
class Look:
    """A picture in short: its name in the folder, (height, width), least and largest value, hash."""

    name: str
    size: tuple[int, int]
    low: float
    high: float
    hash: int

    @property
    def part(self) -> str:
        """The side of a split that its first folder names, "train" of trainA; "" where none."""
        found = PARTS.match(self.name) if "/" in self.name else None
        return found[1].lower() if found else ""


def perceptual_hash(picture: np.ndarray) -> int:
    """64 bits of what a picture (H, W) or (H, W, 3) in [0, 1] looks like, at any size.

    Each says whether one of the 64 slowest waves of the small grey picture is above their median.
    """
    grey = images.to_grey(picture) if picture.ndim == 3 else picture
    waves = cv2.dct(np.float32(images.resize(grey, (SIDE, SIDE))))[:8, :8].ravel()
    return int.from_bytes(np.packbits(waves > np.median(waves)).tobytes(), "big")


def look(folder, holds: str = "**/*") -> tuple[list[Look], list[str]]:
    """The looks of a folder's pictures that fit a pattern, and a sentence for each unreadable one."""
    files = sorted(path for path in Path(folder).glob(holds) if path.suffix.lower() in images.KINDS)
    looks, broken = [], []
    for path in tqdm(files, unit="picture", desc="looking", disable=None):
        try:
            picture = readers.read(path)
        except ValueError as error:
            broken.append(str(error).rstrip("."))
            continue
        name, span = path.relative_to(folder).as_posix(), (picture.min(), picture.max())
        looks.append(Look(name, picture.shape[:2], *span, perceptual_hash(picture)))
    return looks, broken


def duplicates(looks) -> list[tuple[Look, Look]]:
    """Pairs that look the same, flat pictures left out; of n copies n - 1 pairs, with the first one."""
    looks = [one for one in looks if one.high - one.low >= FLAT]
    hashes, taken, pairs = np.array([one.hash for one in looks], np.uint64), set(), []
    for number, one in enumerate(looks):
        if number not in taken:
            far = np.bitwise_count(hashes[number + 1 :] ^ hashes[number])
            copies = (np.flatnonzero(far <= ALIKE) + number + 1).tolist()
            pairs += [(one, looks[copy]) for copy in copies if copy not in taken]
            taken.update(copies)
    return pairs


def findings(looks) -> list[str]:
    """What is worth knowing of pictures, a sentence each."""
    if not looks:
        return ["There is no picture."]
    sizes = Counter(f"{width}x{height}" for (height, width) in (one.size for one in looks))
    spans = [one.high - one.low for one in looks]
    said = [
        f"{len(looks)} pictures, {listed(f'{n} of {size}' for size, n in sizes.most_common())}."
    ]
    said.append(f"Their values span {min(spans):.2f} to {max(spans):.2f} of the range.")
    flat = [one.name for one, span in zip(looks, spans, strict=True) if span < FLAT]
    if flat:
        said.append(f"Pictures of one tone: {len(flat)} ({listed(flat)}).")
    homes = Counter(one.name.rpartition("/")[0] or "." for one in looks).most_common()
    if homes[0][1] > UNEVEN * homes[-1][1]:
        (most, many), (least, few) = homes[0], homes[-1]
        said.append(f"The folders are uneven: {many} pictures in {most}, {few} in {least}.")
    pairs = duplicates(looks)
    across = [(a, b) for a, b in pairs if a.part and b.part and a.part != b.part]
    for found, what in ((pairs, "that look the same"), (across, "on two sides of a split")):
        if found:
            names = listed(f"{a.name} and {b.name}" for a, b in found)
            said.append(f"Pairs {what}: {len(found)} ({names}).")
    return said


def listed(names) -> str:
    """Names in a sentence: the first few, and how many more there are."""
    names = list(names)
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
