"""Real data sets, each read in the layout that it is distributed in.

One rule for all readers: where at least nine in ten of a set's pictures are good, the odd ones (of
another size, damaged, without a twin) are left out, and one warning names each; otherwise an error
says what is wrong. Files and folders of an operating system among the data are passed over.
"""

import hashlib
import unicodedata
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import images, paths
from . import masks, splits

ODD = 0.1  # the largest share of a set's pictures that may be left out
SYSTEM = {
    "__macosx",
    "@eadir",
    "#recycle",
    "$recycle.bin",
    "system volume information",
    "lost+found",
    "__pycache__",
    "icon\r",
}  # and all that begins with a dot


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
    one nucleus a mask (or all of them, numbered); `folder` may also be `dsb2018` itself. Images
    are RGB. What a mask means `masks.read` and `masks.together` say. The source of a sample is
    its id.
    Raises FileNotFoundError or ValueError, naming the file that is missing or broken.
    """
    root, notes = find(folder, "dsb2018", "stage1_train"), []
    homes = [home for home in listed(root) if home.is_dir()]
    if not homes:
        raise FileNotFoundError(f"There is no image folder in {root}.")
    samples = gather(homes, lambda home: _read_nuclei(home, notes))
    note(notes)
    return samples


def _read_nuclei(home, notes):
    """The sample in one id's folder; what is worth a note goes to notes."""
    image = read(named(home / "images", home.name))
    files = pictures(home / "masks")
    if not files:
        raise FileNotFoundError(f"There are no masks in {home / 'masks'}.")
    found = [read_mask(file, image, notes) for file in files]
    if masks.inverted(found):
        notes.append(f"The masks in {home / 'masks'} are black on white and read so.")
        found = [1 - each for each in found]
    return Sample(composed(home.name), image, masks.together(found), composed(home.name))


def read_isbi2012(folder):
    """The neurites of the ISBI 2012 challenge: a list of samples, in the order of the slices.

    Layout: `<folder>/isbi2012/train/image/N.png` and `.../train/label/N.png` (255 = cell,
    0 = membrane), N = 0 ... 29; `folder` may also be `isbi2012` itself.
    Images are grey, (H, W, 1). Cells are the 4-connected components of the label's white, or
    what a label's numbers say (`masks.read`).
    Numbers repeat in other folders, so a sample's source is the fingerprint of its pixels.
    Raises FileNotFoundError or ValueError, naming the file that is missing or broken.
    """
    root, notes = find(folder, "isbi2012", "train"), []
    slices = twins(root / "image", root / "label")
    samples = gather(slices, lambda pair: _read_slice(*pair, notes))
    note(notes)
    return sorted(samples, key=lambda sample: int(sample.id))


def _read_slice(path, label_path, notes):
    """The sample of one slice."""
    if not name(path).isdecimal():
        raise ValueError(f"{path} should have a slice number as its name, like 0.png.")
    image = read(path, grey=True)
    cells = read_mask(label_path, image, notes)
    labels = masks.parts(cells > 0) if cells.max() == 1 else cells
    return Sample(name(path), image[..., None], labels, fingerprint(image))


def read_mask(path, image, notes):
    """The cells of a mask of an image's size; one without any is noted."""
    if not path.is_file():
        raise FileNotFoundError(f"The mask {path} is missing.")
    cells = masks.read(path)
    if cells.shape != image.shape[:2]:
        raise ValueError(
            f"The mask {path} is {cells.shape[1]}x{cells.shape[0]} pixels, its image "
            f"is {image.shape[1]}x{image.shape[0]}."
        )
    if not cells.any():
        notes.append(f"The mask {path} is all black: no cell.")
    return cells


# What all readers share ---------------------------------------------------------------------------


def find(folder, name, inner):
    """The folder `<folder>/<name>/<inner>`, or `<folder>/<inner>`.

    Raises FileNotFoundError if there is neither.
    """
    folder = paths.resolved(folder)
    for root in (folder / name / inner, folder / inner):
        if root.is_dir():
            return root
    raise FileNotFoundError(
        f"There is no folder {folder / name / inner}; set COURSE_DATA to the "
        f"folder that holds {name}."
    )


def home(dataset):
    """The folder `<COURSE_DATA>/<dataset>`. Raises FileNotFoundError if there is none."""
    folder = paths.data_dir() / dataset
    if not folder.is_dir():
        raise FileNotFoundError(
            f"There is no folder {folder}; set COURSE_DATA to the folder that holds {dataset}."
        )
    return folder


def second(test_data, dataset):
    """The folder of a lesson's TEST_DATA: `<test_data>/<dataset>` if there is one, or test_data."""
    inner = paths.resolved(test_data) / dataset
    return inner if inner.is_dir() else paths.resolved(test_data)


def listed(folder):
    """What a folder holds, sorted by name, without hidden files and a system's own ones.

    Raises FileNotFoundError if there is no such folder.
    """
    if not Path(folder).is_dir():
        raise FileNotFoundError(f"The folder {folder} is missing.")
    found = [
        path
        for path in Path(folder).iterdir()
        if not path.name.startswith(".") and path.name.lower() not in SYSTEM
    ]
    return sorted(found, key=lambda path: composed(path.name))


def pictures(folder, most=None):
    """The pictures of a folder, by their endings in any case (`images.KINDS`), sorted by name.

    most: of more, only so many are taken, always the same, and a warning says so.
    """
    found = [
        path for path in listed(folder) if path.suffix.lower() in images.KINDS and not path.is_dir()
    ]
    if most is not None and len(found) > most:
        warnings.warn(f"{folder} has {len(found)} pictures; {most} of them are read.", stacklevel=4)
        chosen = set(sorted(found, key=lambda path: splits.fold(name(path), 2**32))[:most])
        found = [path for path in found if path in chosen]
    return found


def composed(text):
    """A name as all systems compose it (NFC): macOS may write ü as u with a mark of its own."""
    return unicodedata.normalize("NFC", text)


def name(path):
    """A picture's name without its ending, composed alike on each system."""
    return composed(path.stem)


def key(name):
    """A name as twins find one another by it: composed alike, in small letters."""
    return composed(name).casefold()


def named(folder, wanted):
    """The one picture in a folder that has a name, but for its ending and case.

    Raises FileNotFoundError if there is none, ValueError if there are several.
    """
    found = [path for path in pictures(folder) if key(name(path)) == key(wanted)]
    if not found:
        raise FileNotFoundError(f"The picture {Path(folder) / wanted}.png is missing.")
    if len(found) > 1:
        raise ValueError(f"{found[0]} and {found[1].name} have one name; remove one of them.")
    return found[0]


def twins(folder, other, names=lambda name: (name,)):
    """[(path, twin)] of the pictures of two folders; one without a twin gets a path where none is.

    names: what the twin in `other` of a picture may be called; the first that exists counts.
    Raises FileNotFoundError if a folder is missing or `folder` has no picture.
    """
    folder, free, pairs = Path(folder), {}, []
    for path in pictures(other):
        free.setdefault(key(name(path)), []).append(path)
    for path in pictures(folder):
        first, *_ = wanted = names(name(path))
        found = next((free[key(each)] for each in wanted if free.get(key(each))), None)
        pairs.append((path, found.pop(0) if found else Path(other) / f"{first}{path.suffix}"))
    if not pairs:
        raise FileNotFoundError(f"There is no picture in {folder}.")
    return pairs + [(folder / lone.name, lone) for left in free.values() for lone in left]


def read(path, grey=False):
    """`images.read_image` of a path that errors name whole. Raises FileNotFoundError for none."""
    if not Path(path).is_file():
        raise FileNotFoundError(f"The picture {path} is missing.")
    return images.read_image(path, grey=grey, name=f"The picture {path}")


def fingerprint(*pixels):
    """The source of pictures that have no name of their own: the SHA-1 of their pixels, uint8."""
    return hashlib.sha1(b"".join(images.to_uint8(each).tobytes() for each in pixels)).hexdigest()


def gather(items, read):
    """[read(item)] without the odd ones, which a warning names: at most `ODD` of all.

    Odd is an item for which `read` raises ValueError or FileNotFoundError. Of more than that the
    first one's error is raised, and says how many there are.
    """
    good, odd = [], []
    for item in items:
        try:
            good.append(read(item))
        except (ValueError, FileNotFoundError) as error:
            odd.append(error)
    if len(odd) > ODD * len(items):
        count = f" (So it is with {len(odd)} of {len(items)}.)" if len(odd) > 1 else ""
        raise type(odd[0])(f"{odd[0]}{count}") from odd[0]
    if odd:
        said = " ".join(map(str, odd))
        warnings.warn(f"{len(odd)} of {len(items)} pictures are left out: {said}", stacklevel=3)
    return good


def note(sentences):
    """Warn of what was read in a way that isn't the usual one: all sentences in one warning."""
    if sentences:
        warnings.warn(" ".join(sentences), stacklevel=3)
