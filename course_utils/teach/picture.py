"""The reader's own picture goes through every lesson: work/me.jpg, an upload, or a stand-in."""

import ipywidgets
import numpy as np
from IPython.display import display
from skimage import data

from .. import images, paths

NAMES = ("me.png", "me.jpg", "me.jpeg")  # an upload becomes me.png and so goes first
MAX_SIDE = 2048


def your_picture(side: int | None = None) -> np.ndarray:
    """The reader's picture as RGB float32 [0, 1]: (H, W, 3), or its middle as (side, side, 3).

    Without a file it is NASA's portrait of Eileen Collins (public domain), from scikit-image.
    An unreadable file is named in one sentence, and the stand-in goes on.
    """
    picture = _read()
    return picture if side is None else images.centre_square(picture, side)


def upload():
    """Show a button that puts a picture from this computer into work/me.png."""
    button = ipywidgets.FileUpload(accept="image/*", description="Choose a picture")
    answer = ipywidgets.HTML()

    def save(change):
        answer.value = store(bytes(change["new"][0]["content"])) if change["new"] else ""

    button.observe(save, "value")
    display(ipywidgets.HBox([button, answer]))


def store(content: bytes) -> str:
    """Keep an uploaded picture as work/me.png if it can be read; returns one sentence."""
    part = paths.WORK / ".upload.part"
    try:
        paths.WORK.mkdir(exist_ok=True)
        part.write_bytes(content)
        picture = _shrink(images.read_image(part))
    except ValueError as error:
        return str(error).replace(part.name, "This file")
    finally:
        part.unlink(missing_ok=True)
    images.write_image(paths.WORK / "me.png", picture)
    return "Saved as work/me.png; the lessons use it from now on."


def _read() -> np.ndarray:
    for name in NAMES:
        if (paths.WORK / name).is_file():
            try:
                return _shrink(images.read_image(paths.WORK / name))
            except ValueError as error:
                print(error)
    print("No picture of yours in work/: this is a stand-in.")
    return images.to_float(data.astronaut())


def _shrink(picture: np.ndarray) -> np.ndarray:
    """Large photographs come down to 2048 pixels a side: no lesson needs more."""
    scale = MAX_SIDE / max(picture.shape[:2])
    if scale >= 1:
        return picture
    height, width = (max(1, round(length * scale)) for length in picture.shape[:2])
    return images.resize(picture, (height, width))
