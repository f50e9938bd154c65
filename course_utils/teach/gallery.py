"""Ten pictures that named mistakes made: the data of a game, for a widget and for a page."""

from typing import NamedTuple

import numpy as np
from skimage import data

from drawn_worlds import faces, painters
from drawn_worlds.documents import document

from .. import colour, images
from ..exercises import (
    colorization,
    core,
    documents,
    face_sketch,
    flow,
    segmentation,
    start,
    style,
)
from ..models.pix2pix import translate
from ..show.figures import colour_labels
from ..training.flow import between

SIDE = 160  # pixels of a picture


class Round(NamedTuple):
    """A picture (H, W, 3) in [0, 1], three names of mistakes, the one that made it, and why."""

    picture: np.ndarray
    choices: tuple[str, str, str]
    right: str
    why: str


def rounds(seed: int = 0) -> list[Round]:
    """The ten rounds, in an order and with choices in an order that the seed decides."""
    rng = np.random.default_rng(seed)
    made = [_round(*told, rng) for told in _staged()]
    return [made[number] for number in rng.permutation(len(made))]


def _round(right, codes, arguments, shown, rng) -> Round:
    """codes: the mistake that is made, then two others of the same function."""
    known = {each.code: each for each in core.mistakes(right)}
    made, *others = (known[code] for code in codes)
    names = [made.name, *(each.name for each in others)]
    picture = np.clip(shown(made.code(*arguments)), 0, 1).astype(np.float32)
    order = rng.permutation(3)
    return Round(picture, tuple(names[n] for n in order), made.name, f"{made.symptom} {made.cure}")


def _staged():
    """(right function, three mistakes, arguments, what makes a picture of the answer) ten times."""
    yield from _of_numbers()
    yield from _of_colours()
    yield from _of_pages_and_cells()
    yield from _of_translators()


def _photo() -> np.ndarray:
    return images.centre_square(images.to_float(data.astronaut()[:400, 60:460]), SIDE)


def _of_numbers():
    blue_first = images.to_uint8(_photo())[..., ::-1]
    load, brighter = start.from_opencv, start.brighter
    swapped = (start.channels_reversed, start.signed_range, start.rows_and_columns_swapped)
    signed = (start.signed_range, start.divided_by_its_maximum, start.divided_by_255_twice)
    overflow = (start.uint8_overflow, start.rescaled_not_clipped, start.clipped_at_one)
    yield load, swapped, (blue_first,), np.asarray
    yield load, signed, (blue_first,), np.asarray
    yield brighter, overflow, (blue_first[..., ::-1], 90), images.to_float


def _of_colours():
    exchanged = (
        style.lightness_and_colours_exchanged,
        style.green_for_lightness,
        style.mean_of_both_lightnesses,
    )
    painting = painters.painting(1, SIDE)
    yield style.keep_colours, exchanged, (_photo(), painting), np.asarray
    scaled = images.rgb_to_lab(_photo()) / colour.SCALE - colour.SHIFT
    axes = (
        colorization.a_and_b_exchanged,
        colorization.lightness_not_shifted,
        colorization.colours_shifted_too,
    )
    yield colour.unscaled, axes, (scaled,), lambda lab: images.lab_to_rgb(np.float32(lab))
    t = np.float32([0.35, 0.65, 0.95])
    pictures = np.repeat(_photo()[None] * 2 - 1, 3, axis=0)
    noise = np.random.default_rng(0).normal(size=pictures.shape).astype(np.float32)
    times = (flow.time_along_the_last_axis, flow.noise_at_the_end, flow.mixed_on_a_circle)
    yield between, times, (noise, pictures, t), lambda x: np.asarray(x)[0] / 2 + 0.5


def _of_pages_and_cells():
    page = document(5, (SIDE, 2 * SIDE), "coffee").noisy
    filters = (
        documents.one_threshold_for_the_page,
        documents.median_at_every_pixel,
        documents.contrast_stretched,
    )
    yield documents.without_network, filters, (page,), _grey
    cells = (
        segmentation.touching_cells_merged,
        segmentation.seeds_not_grown,
        segmentation.mask_for_labels,
    )
    field = next(iter(segmentation.probability_maps().values()))
    yield segmentation.separate, cells, field, colour_labels


class _Artist:
    """A translator that knows these people's sketches; it stands where a network would."""

    layers = ()

    def __init__(self, sketches):
        self.sketches = sketches

    def __call__(self, photos, training):
        return 2 * self.sketches[: len(photos)] - 1


def _of_translators():
    people = [faces.face(seed, 64, yaw=0) for seed in range(4)]
    sketches = np.stack([_grey(person.sketch) for person in people])
    given = (_Artist(sketches), np.stack([person.photo for person in people]))
    grid = (face_sketch.checkerboard, face_sketch.identity_shortcut, face_sketch.colour_inversion)
    same = (face_sketch.mode_collapse, face_sketch.identity_shortcut, face_sketch.checkerboard)
    yield translate, grid, given, lambda made: made[0]
    yield translate, same, given, lambda made: np.hstack(made)


def _grey(picture) -> np.ndarray:
    return np.repeat(np.float32(picture)[..., None], 3, axis=-1)
