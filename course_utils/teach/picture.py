"""The reader's own picture goes through every lesson: work/me.jpg, an upload, or a stand-in."""

import ipywidgets
import numpy as np
from IPython.display import display
from skimage import data

from .. import images, paths

UPLOADED = "me.png"  # goes before all others
MAX_SIDE = 2048


def your_picture(side: int | None = None) -> np.ndarray:
    """The reader's picture as RGB float32 [0, 1]: (H, W, 3), or its middle as (side, side, 3).

    It is work/me.jpg, or me with any other ending of a picture, in any case; of several files the
    first that can be read, an upload before all. Without one it is NASA's portrait of Eileen
    Collins (public domain), from scikit-image. An unreadable file is named in one sentence.
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
    try:
        picture = _shrink(images.read_image(content))
        images.write_image(paths.WORK / UPLOADED, picture)
    except ValueError as error:
        return str(error)
    except OSError as error:
        return (
            f"The picture can't be saved as work/{UPLOADED} ({error.strerror or error}); free "
            "some space, or copy the course to a folder of your own, and choose it again."
        )
    return f"Saved as work/{UPLOADED}; the lessons use it from now on."


def _read() -> np.ndarray:
    for path in (files := _files()):
        try:
            picture = _shrink(images.read_image(path))
        except ValueError as error:
            print(error)
            continue
        if len(files) > 1:
            print(f"Of {', '.join(each.name for each in files)} in work/, {path.name} is used.")
        return picture
    print("No picture of yours in work/: this is a stand-in.")
    return images.to_float(data.astronaut())


def _files() -> list:
    """The reader's pictures in work/, an upload first: me.JPG, Me.jpg, me.webp, me.jpg.jpg …"""
    found = [
        path
        for path in (sorted(paths.WORK.iterdir()) if paths.WORK.is_dir() else [])
        if path.name.lower().startswith("me.") and path.suffix.lower() in images.KINDS
    ]
    return sorted(found, key=lambda path: path.name != UPLOADED)


def _shrink(picture: np.ndarray) -> np.ndarray:
    """Large photographs come down to 2048 pixels a side: no lesson needs more."""
    scale = MAX_SIDE / max(picture.shape[:2])
    if scale >= 1:
        return picture
    height, width = (max(1, round(length * scale)) for length in picture.shape[:2])
    return images.resize(picture, (height, width))
