"""Metrics of coloured pictures: floats in [0, 1], RGB."""

import numpy as np
from skimage import color

from ..arguments import MASK, PICTURE, Many, takes
from .pictures import mae, psnr

PICTURES = Many("N", PICTURE("h w 3"))


@takes(truths=PICTURES, predictions=PICTURES, masks=Many("N", MASK("h w")))
def colour_scores(truths, predictions, masks=None):
    """{"mad_min", "mad_mean", "mad_max", "psnr", "colourfulness"} of coloured pictures.

    `mad` is the mean absolute difference of a picture's RGB values, as `mae`; its minimum, mean and
    maximum over the pictures. `psnr` is that of the squared error pooled over all pixels, in
    decibels. `colourfulness` is the mean of `colourfulness` over the predictions, divided by that
    over the truths: 1 alike, 0 where everything is grey. Lightness is given to whoever colours, so
    mad and psnr are good for grey, too; the last number isn't.

    truths, predictions: lists of pictures (H, W, 3) in [0, 1], sizes may vary. Equal ones give a
    psnr of infinity. masks: for each picture (H, W) bool, an object; then `objects` is the
    colourfulness of these alone, without pictures whose mask is empty. Raises ValueError for lists
    that don't fit, for true pictures that are all grey, and where all masks are empty.
    """
    differences = [mae(*pair) for pair in zip(truths, predictions)]
    true, made = (np.mean([colourfulness(p) for p in side]) for side in (truths, predictions))
    if true < 1e-6:
        raise ValueError("colourfulness isn't defined: all of truths are grey.")
    pooled = (np.concatenate([p.ravel() for p in side]) for side in (truths, predictions))
    objects = {}
    if masks is not None:
        cut = [  # each object as a picture of one row
            (truth[mask][None], made[mask][None])
            for truth, made, mask in zip(truths, predictions, masks, strict=True)
            if mask.any()
        ]
        if not cut:
            raise ValueError("masks are empty: no object is seen in any picture.")
        objects = {"objects": colour_scores(*zip(*cut, strict=True))["colourfulness"]}
    return objects | {
        "mad_min": min(differences),
        "mad_mean": float(np.mean(differences)),
        "mad_max": max(differences),
        "psnr": psnr(*pooled),
        "colourfulness": float(made / true),
    }


@takes(picture=PICTURE("H W 3"))
def colourfulness(picture):
    """How colourful people find a picture: 0 is grey, 15 slightly, 45 averagely, 109 extremely so.

    √(σ_rg² + σ_yb²) + 0.3 √(μ_rg² + μ_yb²),   rg = R - G,   yb = (R + G)/2 - B

    over all pixels, R, G and B from 0 to 255. Hasler and Süsstrunk (2003), "Measuring colourfulness
    in natural images". picture: (H, W, 3) in [0, 1]. Returns a float from 0 up.
    """
    red, green, blue = np.moveaxis(255 * picture, -1, 0)
    opponents = np.stack([red - green, (red + green) / 2 - blue])  # (2, H, W)
    means, spreads = opponents.mean((1, 2)), opponents.std((1, 2))
    return float(np.hypot(*spreads) + 0.3 * np.hypot(*means))


@takes(truth=PICTURE("H W 3"), prediction=PICTURE("H W 3"), mask=MASK("H W"))
def colour_error(truth, prediction, mask):
    """How far the mean colour of an object is from its true one, whatever its lightness; 0 at best.

    The distance in the plane of a* and b* (CIE 1976, sRGB under D65) of the means within the mask:
    about 2 is hardly seen, 100 a vivid colour in the place of grey.

    truth, prediction: (H, W, 3) in [0, 1].  mask: (H, W), the object.  Returns a float from 0 up.
    Raises ValueError for input that doesn't fit and for an empty mask.
    """
    if not mask.any():
        raise ValueError("mask is empty: choose an object that is seen.")
    true, made = (color.rgb2lab(p)[mask][:, 1:].mean(axis=0) for p in (truth, prediction))
    return float(np.linalg.norm(made - true))
