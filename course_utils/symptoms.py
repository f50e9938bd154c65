"""Detectors of the ways in which translators fail: pictures, scores or sources in, a number out.

Pictures are arrays (N, H, W, 3) in [0, 1]. Each number has a limit in LIMITS beyond which the
failure is named; `diagnose` reads them all.
"""

import numpy as np
from scipy import ndimage

from . import images

LIMITS = {  # failure: (detector, "below" or "above", limit)
    "mode collapse": ("variety", "below", 0.3),
    "identity shortcut": ("change", "below", 0.2),
    "colour inversion": ("agreement", "below", -0.2),
    "checkerboard": ("checkerboard", "above", 0.3),
    "vanished discriminator": ("doubt", "below", 0.05),
    "leaking split": ("leak", "above", 0.0),
}


def variety(made, real):
    """How much pictures differ from each other, over how much real ones do: 1 alike, 0 all equal.

    Mean absolute difference of luminance from the mean picture. Real pictures must differ.
    """

    def spread(pictures):
        grey = images.to_grey(np.asarray(pictures, np.float32))
        return float(np.mean(np.abs(grey - grey.mean(0))))

    if spread(real) == 0:
        raise ValueError("The real pictures are all the same; give at least two different ones.")
    return spread(made) / spread(real)


def change(sources, made, real):
    """How far translations are from their sources, over how far real pictures are: 0 copies them.

    Means of absolute differences; `real` need not be the translations of `sources`.
    """
    truth = np.mean(np.abs(np.mean(real, 0) - np.mean(sources, 0)))
    if truth == 0:
        raise ValueError("Sources and real pictures are alike; there is nothing to translate.")
    return float(np.mean(np.abs(np.asarray(made) - sources)) / truth)


def agreement(made, real):
    """Correlation of the mean made picture with the mean real one: -1 is the negative, 1 alike.

    0 if one of the two is flat.
    """
    greys = [
        images.to_grey(np.mean(pictures, 0, dtype=np.float32)).ravel() for pictures in (made, real)
    ]
    greys = [grey - grey.mean() for grey in greys]
    size = np.linalg.norm(greys[0]) * np.linalg.norm(greys[1])
    return float(greys[0] @ greys[1] / size) if size > 1e-9 else 0.0


def checkerboard(made):
    """How much of the finest detail is one pattern that repeats every second pixel: 0 to 1.

    Detail is the luminance minus the mean over 3 × 3 pixels. Its mean is taken over all pixels in
    even or odd rows and columns, four numbers a picture: their mean square over that of the detail.
    """
    grey = images.to_grey(np.asarray(made, np.float32))
    detail = grey - ndimage.uniform_filter(grey, (0, 3, 3), mode="nearest")
    height, width = (length // 2 * 2 for length in grey.shape[1:])
    parts = detail[:, :height, :width].reshape(len(grey), height // 2, 2, width // 2, 2)
    pattern, energy = parts.mean(axis=(1, 3)), np.mean(parts**2)
    return float(np.mean(pattern**2) / energy) if energy > 1e-12 else 0.0


def doubt(real, fake):
    """Mean squared error of a least-squares discriminator's scores: 0.25 undecided, 0 it has won.

    real, fake: its scores on real and on made pictures. Where it never errs its slope is flat, and
    the translator learns nothing from it.
    """
    return float((np.mean((np.asarray(real) - 1) ** 2) + np.mean(np.asarray(fake) ** 2)) / 2)


def leak(train, test):
    """Share of test pictures that are, mirrored or turned or not, among the training pictures."""

    def eight(picture):
        return [
            np.rot90(each, quarters).round(3).tobytes()
            for each in (picture, picture[:, ::-1])
            for quarters in range(4)
        ]

    known = {np.asarray(picture).round(3).tobytes() for picture in train}
    return float(np.mean([any(each in known for each in eight(np.asarray(p))) for p in test]))


def in_pictures(sources, made, real) -> list[str]:
    """The failures that pictures show: `diagnose` of variety, change, agreement and checkerboard."""
    return diagnose(
        variety=variety(made, real),
        change=change(sources, made, real),
        agreement=agreement(made, real),
        checkerboard=checkerboard(made),
    )


def diagnose(**numbers) -> list[str]:
    """The failures that measured numbers point to: `diagnose(variety=0.1)` is ["mode collapse"].

    Raises ValueError for a name that no detector has.
    """
    names = {detector for detector, _, _ in LIMITS.values()}
    if unknown := set(numbers) - names:
        raise ValueError(
            f"There is no detector {min(unknown)!r}; there are: {', '.join(sorted(names))}."
        )
    found = []
    for failure, (detector, side, limit) in LIMITS.items():
        number = numbers.get(detector)
        if number is not None and (number < limit if side == "below" else number > limit):
            found.append(failure)
    return found
