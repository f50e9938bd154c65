"""Real data sets, each read in the layout that it is distributed in."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from skimage.measure import label


@dataclass
class Sample:
    """One image with its cells.

    `id`: the name in its data set. `image`: (H, W, C) float32 in [0, 1]. `labels`: (H, W)
    int32, 0 = background, 1..n = cells. `source`: what a split keeps together
    (`splits.train_test`).
    """
    id: str
    image: np.ndarray
    labels: np.ndarray
    source: str

    @property
    def membrane(self):
        """(H, W) bool: the pixels of no cell. In ISBI 2012 they are the membrane."""
        return self.labels == 0


def read_dsb2018(folder):
    """The nuclei of the Data Science Bowl 2018: a list of samples, sorted by id.

    Layout: `<folder>/dsb2018/stage1_train/<id>/images/<id>.png` and `.../<id>/masks/*.png`,
    one nucleus a mask; `folder` may also be `dsb2018` itself. Images are RGB, alpha is dropped.
    A pixel in two masks belongs to the smaller nucleus. The source of a sample is its id.
    Raises FileNotFoundError or ValueError, naming the file that is missing or broken.
    """
    root = _find(folder, "dsb2018", "stage1_train")
    homes = [home for home in _listed(root) if home.is_dir()]
    if not homes:
        raise FileNotFoundError(f"There is no image folder in {root}.")
    return [_read_nuclei(home) for home in homes]


def _read_nuclei(home):
    """The sample in one id's folder."""
    image = _read(home / "images" / f"{home.name}.png", "RGB")
    paths = [path for path in _listed(home / "masks") if path.suffix.lower() == ".png"]
    if not paths:
        raise FileNotFoundError(f"There are no masks in {home / 'masks'}.")
    masks = [_read(path, "L") > 127 for path in paths]
    for path, mask in zip(paths, masks):
        _check_size(path, mask, image)
    masks = [mask for mask in masks if mask.any()]
    masks.sort(key=np.sum, reverse=True)                              # small ones on top
    labels = np.zeros(image.shape[:2], np.int32)
    for number, mask in enumerate(masks, 1):
        labels[mask] = number
    return Sample(home.name, image.astype(np.float32) / 255, labels, home.name)


def read_isbi2012(folder):
    """The neurites of the ISBI 2012 challenge: a list of samples, in the order of the slices.

    Layout: `<folder>/isbi2012/train/image/N.png` and `.../train/label/N.png` (255 = cell,
    0 = membrane), N = 0 ... 29; `folder` may also be `isbi2012` itself.
    Images are grey, (H, W, 1). Cells are the 4-connected components of the label's white.
    Numbers repeat in other folders, so a sample's source is the fingerprint of its pixels.
    Raises FileNotFoundError or ValueError, naming the file that is missing or broken.
    """
    root = _find(folder, "isbi2012", "train")
    paths = [path for path in _listed(root / "image") if path.suffix.lower() == ".png"]
    if not paths:
        raise FileNotFoundError(f"There are no slices in {root / 'image'}.")
    for path in paths:
        if not path.stem.isdecimal():
            raise ValueError(f"{path} should have a slice number as its name, like 0.png.")
    return [_read_slice(path, root) for path in sorted(paths, key=lambda path: int(path.stem))]


def _read_slice(path, root):
    """The sample of one slice."""
    image = _read(path, "L")
    label_path = root / "label" / path.name
    white = _read(label_path, "L") > 127
    _check_size(label_path, white, image)
    labels = label(white, connectivity=1).astype(np.int32)
    source = hashlib.sha1(image.tobytes()).hexdigest()
    return Sample(path.stem, image[..., None].astype(np.float32) / 255, labels, source)


def _find(folder, name, inner):
    """The folder `<folder>/<name>/<inner>`, or `<folder>/<inner>`."""
    folder = Path(folder).expanduser()
    for root in (folder / name / inner, folder / inner):
        if root.is_dir():
            return root
    raise FileNotFoundError(f"There is no folder {folder / name / inner}; set COURSE_DATA to the "
                            f"folder that holds {name}.")


def _listed(folder):
    """What a folder holds, sorted, without hidden files."""
    if not folder.is_dir():
        raise FileNotFoundError(f"The folder {folder} is missing.")
    return sorted(path for path in folder.iterdir() if not path.name.startswith((".", "__")))


def _read(path, mode):
    """The pixels of an 8-bit picture, uint8, as "RGB" or "L" (grey)."""
    if not path.is_file():
        raise FileNotFoundError(f"The picture {path} is missing.")
    try:
        with Image.open(path) as picture:
            if picture.mode.startswith(("I", "F")):
                raise ValueError("it has more than 8 bits a channel")
            return np.asarray(picture.convert(mode))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as problem:
        raise ValueError(f"The picture {path} can't be read: {problem}.") from problem


def _check_size(path, mask, image):
    """Raise ValueError if a mask has another size than its image."""
    if mask.shape != image.shape[:2]:
        raise ValueError(f"The mask {path} is {mask.shape[1]}x{mask.shape[0]} pixels, its image "
                         f"is {image.shape[1]}x{image.shape[0]}.")
