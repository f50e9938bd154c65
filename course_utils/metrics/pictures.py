"""Metrics of pictures: floats in [0, 1]."""

import numpy as np
from scipy import fft, ndimage
from scipy.signal.windows import hann
from skimage import color
from skimage import metrics as skimage_metrics
from skimage.segmentation import find_boundaries

from ..arguments import FLOATS, LABELS, MASK, PICTURE, Many, number, takes

RGB_PICTURES = Many("N", PICTURE("h≥11 w≥11 3"))
TEXTURE_LAYERS = ("block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3")  # of VGG-16


@takes(truth=PICTURE("..."), prediction=PICTURE("..."))
def rmse(truth, prediction):
    """Root of the mean squared difference of two pictures in [0, 1], in the same unit; 0 at best.

    Arrays of one shape (any). Raises ValueError if shapes differ or a value is outside [0, 1].
    """
    return float(np.sqrt(skimage_metrics.mean_squared_error(truth, prediction)))


@takes(truth=PICTURE("..."), prediction=PICTURE("..."))
def psnr(truth, prediction):
    """Peak signal-to-noise ratio in decibels, 10 log10(1 / MSE), of two pictures in [0, 1].

    Arrays of one shape (any). Equal pictures give infinity.
    Raises ValueError if shapes differ or a value is outside [0, 1].
    """
    if not skimage_metrics.mean_squared_error(truth, prediction):
        return float("inf")
    return float(skimage_metrics.peak_signal_noise_ratio(truth, prediction, data_range=1))


@takes(truth=PICTURE("..."), prediction=PICTURE("..."))
def binary_cross_entropy(truth, prediction):
    """Mean of −t log p − (1−t) log(1−p), in nats, for a grey target t and a prediction p in [0, 1].

    Arrays of one shape (any). At p = t it is the target's own entropy: no prediction gets lower,
    and for grey targets that is above 0. Keras' own, which keeps p 1e-7 away from 0 and 1.
    Raises ValueError if shapes differ or a value is outside [0, 1].
    """
    from keras.losses import binary_crossentropy

    return float(binary_crossentropy(truth.ravel(), prediction.ravel()))


@takes(clean=Many("N", PICTURE("...")), cleaned=Many("N", PICTURE("...")))
def page_scores(clean, cleaned):
    """{"rmse", "psnr", "bce"} of cleaned pages: lists of pictures (H, W) in [0, 1], sizes may vary.

    `rmse` and `bce` are pooled: every pixel of every page counts once. `psnr` is that of the
    pooled squared error, so it cannot be infinite for one good page.
    Raises ValueError for lists of different lengths, an empty list, and what `rmse` raises.
    """
    truth, prediction = (np.concatenate([p.ravel() for p in pages]) for pages in (clean, cleaned))
    return {
        "rmse": rmse(truth, prediction),
        "psnr": psnr(truth, prediction),
        "bce": binary_cross_entropy(truth, prediction),
    }


@takes(truth=PICTURE("..."), prediction=PICTURE("..."))
def mae(truth, prediction):
    """Mean absolute difference of two pictures in [0, 1], in the same unit; 0 at best.

    Arrays of one shape (any). Raises ValueError if shapes differ or a value is outside [0, 1].
    """
    return float(np.mean(np.abs(truth - prediction)))


@takes(truth=PICTURE("H≥11 W≥11 C"), prediction=PICTURE("H≥11 W≥11 C"))
def ssim(truth, prediction):
    """Structural similarity of two pictures (H, W, C) in [0, 1]: 1 at best, about 0 for strangers.

    Wang et al. (2004), eq. 13, in Gaussian windows of σ = 1.5 (11 × 11 pixels), mean over pixels
    and channels, as `skimage.metrics.structural_similarity`. Sides of at least 11 pixels.
    Raises ValueError if shapes differ or don't fit, or a value is outside [0, 1].
    """
    return float(
        skimage_metrics.structural_similarity(
            truth,
            prediction,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            data_range=1,
            channel_axis=-1,
        )
    )


@takes(x=FLOATS("..."), y=FLOATS("..."))
def ssim_window(x, y):
    """SSIM of one window, whose pixels all weigh the same: what `ssim` takes the mean of.

    Wang et al. (2004), eq. 13, with c1 = 0.01² and c2 = 0.03², those of greys in [0, 1]; what noise
    has taken out of that range is allowed. x, y: floats of one shape (any). Returns a float, 1 at
    best, below 0 for windows that vary against each other.
    """
    c1, c2 = 0.01**2, 0.03**2
    mx, my, covariance = x.mean(), y.mean(), np.mean((x - x.mean()) * (y - y.mean()))
    likeness = (2 * mx * my + c1) * (2 * covariance + c2)
    return float(likeness / ((mx**2 + my**2 + c1) * (x.var() + y.var() + c2)))


@takes(
    real=Many("N", PICTURE("h w 3")),
    generated=Many("N", PICTURE("h w 3")),
    labels=Many("N", LABELS("h w")),
    distance=number("[1, inf)"),
)
def sharpness(real, generated, labels=None, distance=3):
    """Fine texture of generated pictures over that of the real ones: 1 alike, below 1 blurred.

    Texture: the summed square of the differences of luminance between neighbours, at pixels that
    are at least `distance` pixels away from each edge between two labels; so it sees bricks and
    leaves, not outlines that the labels give away. Added up over all pictures before dividing.
    Above 1: the generated pictures have more of it, be it noise.

    real, generated: sequences of RGB pictures (H, W, 3) in [0, 1].  labels: as many label images
    (H, W), or None: all pixels count.  distance: pixels, at least 1.  Returns a float from 0 up.
    Raises ValueError for input that doesn't fit, and if the real pictures have no texture there.
    """
    labels = [np.zeros(picture.shape[:2], int) for picture in real] if labels is None else labels
    masks = [_far_from_edges(each, distance) for each in labels]
    energies = [
        sum(_gradient_energy(*each) for each in zip(pictures, masks))
        for pictures in (real, generated)
    ]
    if energies[0] < 1e-9 * sum(map(np.size, masks)):
        raise ValueError(
            "sharpness isn't defined: the real pictures have no texture "
            f"{distance} pixels away from the edges of the labels."
        )
    return float(energies[1] / energies[0])


@takes(truths=RGB_PICTURES, predictions=RGB_PICTURES, labels=Many("N", LABELS("h w")))
def picture_scores(truths, predictions, labels=None):
    """{"mae", "ssim", "sharpness"} of generated pictures: lists of (H, W, 3) in [0, 1].

    `mae` is pooled over all pixels, `ssim` is the mean over pictures, `sharpness` is pooled as it
    says, away from the edges of `labels` (H, W) if they are given. Raises what they raise.
    """
    pairs = list(zip(truths, predictions))
    sizes = [np.size(truth) for truth, _ in pairs]
    return {
        "mae": float(np.average([mae(*pair) for pair in pairs], weights=sizes)),
        "ssim": float(np.mean([ssim(*pair) for pair in pairs])),
        "sharpness": sharpness(truths, predictions, labels),
    }


@takes(truths=RGB_PICTURES, predictions=RGB_PICTURES)
def portrait_scores(truths, predictions):
    """{"ssim", "mae", "sharpness"} of translated portraits, all of their luminance, in [0, 1].

    Lists of pictures (H, W, 3) in [0, 1]; numbers as in `picture_scores`, which sees colours.
    Grey pictures in three equal channels, as sketches are, have themselves as their luminance.
    Raises what `picture_scores` raises.
    """
    grey = [[_grey(picture) for picture in pictures] for pictures in (truths, predictions)]
    scores = picture_scores(*grey)
    return {key: scores[key] for key in ("ssim", "mae", "sharpness")}


@takes(truths=Many("N≥2", PICTURE("H W 3")), predictions=Many("N≥2", PICTURE("H W 3")))
def found_share(truths, predictions):
    """Share of portraits that are more like their own person's true picture than like any other's.

    Like: the correlation of luminance over all pixels, so that neither brightness nor contrast
    counts. Lists of at least two pictures (H, W, 3) of one size, in [0, 1]; 1 at best, 1 / N by
    chance. A flat picture is like nobody. Raises ValueError for input that doesn't fit.
    """
    sides = [
        np.stack([color.rgb2gray(picture).ravel() for picture in pictures])
        for pictures in (truths, predictions)
    ]
    sides = [side - side.mean(axis=1, keepdims=True) for side in sides]
    true, made = (
        side / np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-9) for side in sides
    )
    alike = made @ true.T  # (N made, N true)
    others = np.where(np.eye(len(alike), dtype=bool), -np.inf, alike).max(axis=1)
    return float(np.mean(np.diag(alike) > others))


@takes(
    truths=Many("N≥3", PICTURE("h w 3")),
    predictions=Many("N≥3", PICTURE("h w 3")),
    skins=Many("N≥3", MASK("h w")),
)
def skin_errors(truths, predictions, skins):
    """{"light", "middle", "dark"}: how far off the lightness of skin is, by a third of the people each.

    A person's lightness is the mean L* (CIE 1976, 0 black to 100 white, sRGB under D65) of the
    photograph within the skin; the thirds are those of the true photographs. An error is the
    absolute difference of the two means, averaged over a third: 0 is best.

    truths, predictions: photographs (H, W, 3) in [0, 1].  skins: as many masks (H, W), none empty.
    Returns floats from 0 to 100. Raises ValueError for input that doesn't fit, fewer than three
    people among it.
    """
    if not all(skin.any() for skin in skins):
        raise ValueError("skins has an empty mask: leave out whoever shows no skin.")
    true, made = (
        np.array([color.rgb2lab(p)[..., 0][skin].mean() for p, skin in zip(pictures, skins)])
        for pictures in (truths, predictions)
    )
    thirds = np.array_split(np.argsort(-true, kind="stable"), 3)
    errors = np.abs(made - true)
    return {
        name: float(errors[third].mean())
        for name, third in zip(("light", "middle", "dark"), thirds, strict=True)
    }


@takes(pictures=PICTURE("N H W | N H W 3"), period=number("[2, inf)"))
def grid(pictures, period):
    """How much a lattice of one period stands out in a set of pictures: 1 is no lattice.

    The mean power spectrum of the set (luminance, Hann window in both directions) on the lines at
    frequency 1 / period, a row and a column, over that on the lines three and four bins away on
    both sides; at period 2, where frequencies end, only the lower side is there. A checkerboard is
    far above 1; pixels that are repeated `period` times are far below.

    Lines count whole, with the places where they cross the axes: a stripe has all its power there.
    The window spreads a period that divides the side over one line to each side and no further.
    Where it doesn't, the nearest line is taken.

    pictures: (N, H, W) or (N, H, W, 3) in [0, 1], sides of at least 6 periods: so no line is near
    the mean.  period: pixels, at least 2.  Returns a float from 0 up, which brightness and
    contrast don't change, and flips and turns hardly (the window's middle is a pixel).
    Raises ValueError for other input, and if the pictures have no power on the lines beside.
    """
    side = min(pictures.shape[1:3])
    if side < 6 * period:
        raise ValueError(f"pictures need sides of {6 * period:g} pixels for this, not {side}.")
    rows, columns = _power(color.rgb2gray(pictures) if pictures.ndim == 4 else pictures)
    lines = [_at_and_beside(line, period) for line in (rows, columns)]
    at, beside = (np.mean(np.concatenate(each)) for each in zip(*lines))
    if beside < 1e-12:  # rounding leaves less
        raise ValueError(f"grid isn't defined: pictures have no power beside period {period:g}.")
    return float(at / beside)


@takes(made=PICTURE("N H≥8 W≥8 3"), true=PICTURE("n h≥8 w≥8 3"))
def texture_distance(made, true, features):
    """Squared distance of the textures of two sets of pictures, relative to the true one's.

    mean over layers of ‖G − T‖² / ‖T‖², where G and T are F Fᵀ / (H·W), averaged over the set

    Gram matrices as in `losses.gram_matrix`, each divided by its places; sets may differ in number
    and size. 0 for equal sets, 1 where nothing is seen in `made`; two sets of true pictures aren't
    at 0, so stand beside them. Source of the matrix: Gatys et al. (2016), eq. 3.

    made, true: (N, H, W, 3) in [0, 1], sides of at least 8.  features: a network from such pictures
    to {layer: activations (N, h, w, C)}; the course's numbers come from `models.features`:
    `network("imagenet", TEXTURE_LAYERS, rescaled=False)`.  Returns a float from 0 up.
    Raises TypeError or ValueError for other input, and ValueError if true pictures wake nothing in a layer.
    """
    grams, targets = (_mean_grams(pictures, features) for pictures in (made, true))
    sizes = {name: np.sum(target**2) for name, target in targets.items()}
    if not all(size > 0 for size in sizes.values()):
        raise ValueError("texture_distance isn't defined: true pictures wake nothing in a layer.")
    return float(
        np.mean([np.sum((grams[name] - targets[name]) ** 2) / sizes[name] for name in sizes])
    )


def _power(grey):
    """Mean power spectrum of pictures (N, H, W): of its rows (H,), of its columns (W,)."""
    _, height, width = grey.shape
    window = np.outer(hann(height, sym=False), hann(width, sym=False))
    power = sum(np.abs(fft.fft2(window * picture)) ** 2 for picture in grey) / grey.size
    return power.mean(axis=1), power.mean(axis=0)


def _at_and_beside(lines, period):
    """The power of the line at a period, and of the lines three and four away: lists of numbers."""
    last = len(lines) // 2
    line = min(round(len(lines) / period), last)
    return [lines[line]], [lines[n] for n in line + np.array([-4, -3, 3, 4]) if n <= last]


def _mean_grams(pictures, features, batch=8):
    """{layer: mean over pictures and places of F Fᵀ, (C, C)}, `batch` pictures at once."""
    sums, places = {}, {}
    for first in range(0, len(pictures), batch):
        for name, found in features(pictures[first : first + batch].astype(np.float32)).items():
            flat = np.asarray(found, np.float64).reshape(-1, found.shape[-1])  # (places, C)
            sums[name] = sums.get(name, 0) + flat.T @ flat
            places[name] = places.get(name, 0) + len(flat)
    return {name: total / places[name] for name, total in sums.items()}


def _grey(picture):
    """The luminance of a picture (H, W, 3), in three equal channels."""
    return color.gray2rgb(color.rgb2gray(picture)).clip(0, 1)


def _far_from_edges(labels, distance):
    """The pixels (H, W) bool at least `distance` from each pixel that touches another label."""
    edges = find_boundaries(labels, connectivity=1, mode="thick")
    return ndimage.distance_transform_edt(~edges) >= distance if edges.any() else ~edges


def _gradient_energy(picture, mask):
    """Summed squared differences of luminance between neighbours that are both in the mask."""
    grey = color.rgb2gray(picture)
    down = np.diff(grey, axis=0)[mask[1:] & mask[:-1]]
    across = np.diff(grey, axis=1)[mask[:, 1:] & mask[:, :-1]]
    return np.sum(down**2) + np.sum(across**2)
