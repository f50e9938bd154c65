"""Every metric of the course: NumPy arrays in, floats out, value ranges always checked.

A mask holds 0 and 1 (or False and True). A label image holds integers: 0 = background, every cell
its own number. A probability image holds floats in [0, 1].
"""

import numpy as np
from scipy import ndimage
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching
from skimage import color, measure
from skimage import metrics as skimage_metrics
from skimage.segmentation import find_boundaries

from .arguments import (
    CLASSES,
    FLOATS,
    LABELS,
    MASK,
    NAME,
    PICTURE,
    PROBABILITIES,
    Many,
    number,
    takes,
)

RGB_PICTURES = Many("N", PICTURE("h≥11 w≥11 3"))
DSB2018_THRESHOLDS = tuple(np.arange(50, 100, 5) / 100)  # 0.5, 0.55, …, 0.95


# Masks ------------------------------------------------------------------------------------------


@takes(truth=MASK("..."), prediction=MASK("..."))
def iou(truth, prediction):
    """Intersection over union of two masks, |A∩B| / |A∪B| (the Jaccard index).

    Masks of one shape (any). Returns a float in [0, 1], 1 at best; two empty masks agree: 1.0.
    Raises ValueError if shapes differ or a value isn't 0 or 1.
    """
    union = np.count_nonzero(truth | prediction)
    return float(np.count_nonzero(truth & prediction) / union) if union else 1.0


@takes(truth=MASK("..."), prediction=MASK("..."))
def dice(truth, prediction):
    """Dice overlap of two masks, 2|A∩B| / (|A| + |B|); for masks it is the F1 of their pixels.

    Masks of one shape (any). Returns a float in [0, 1], 1 at best; two empty masks agree: 1.0.
    Raises ValueError if shapes differ or a value isn't 0 or 1.
    """
    total = np.count_nonzero(truth) + np.count_nonzero(prediction)
    return float(2 * np.count_nonzero(truth & prediction) / total) if total else 1.0


# Instances --------------------------------------------------------------------------------------


@takes(truth=LABELS("H W"), prediction=LABELS("H W"), threshold=number("[0, 1)"))
def instance_counts(truth, prediction, threshold=0.5):
    """Count found, invented and missed cells: (true positives, false positives, false negatives).

    A true and a predicted cell match if their IoU is above (not at) the threshold; each cell has at
    most one partner. From 0.5 up no cell has two candidates, so the matching is unique; below,
    the largest possible matching is taken.

    Label images, (H, W) integers, 0 = background.  threshold: in [0, 1).
    Raises TypeError for labels that aren't integers, ValueError for shapes or thresholds that don't
    fit.
    """
    return _counts(*_pair_ious(truth, prediction), threshold)


@takes(truth=LABELS("H W"), prediction=LABELS("H W"), threshold=number("[0, 1)"))
def instance_f1(truth, prediction, threshold=0.5):
    """F1 of the cells of one image, 2 TP / (2 TP + FP + FN), matched as in `instance_counts`.

    Returns a float in [0, 1], 1 at best; two images without cells agree: 1.0. Errors as there.
    """
    return _f1(*instance_counts(truth, prediction, threshold))


@takes(
    truths=Many("N", LABELS("h w")),
    predictions=Many("N", LABELS("h w")),
    threshold=number("[0, 1)"),
)
def pooled_f1(truths, predictions, threshold=0.5):
    """F1 of the cells of many images: the counts are added up first, so each cell counts the same.

    truths, predictions: sequences of label images, of one length and at least one.
    Returns a float in [0, 1], 1 at best. Errors as in `instance_counts`.
    """
    counts = [instance_counts(*pair, threshold) for pair in zip(truths, predictions)]
    return _f1(*np.sum(counts, axis=0))


@takes(truth=LABELS("H W"), prediction=LABELS("H W"), thresholds=Many("T", number("[0, 1)")))
def mean_average_precision(truth, prediction, thresholds=DSB2018_THRESHOLDS):
    """Mean over IoU thresholds of TP / (TP + FP + FN): the score of the 2018 Data Science Bowl.

    That competition's name for it is kept, though it ranks no detections as COCO's does.
    Label images, (H, W) integers, 0 = background; matching as in `instance_counts`.
    Returns a float in [0, 1], 1 at best; two images without cells agree: 1.0. Errors as there.
    """
    ious = _pair_ious(truth, prediction)
    counts = [_counts(*ious, threshold) for threshold in thresholds]
    return float(np.mean([tp / (tp + fp + fn) if tp + fp + fn else 1.0 for tp, fp, fn in counts]))


@takes(
    probability=PROBABILITIES("H W"),
    truth=LABELS("H W"),
    threshold=number("[0, 1]"),
    share=number("(0, 1]"),
)
def merges(probability, truth, threshold=0.5, share=0.5):
    """Count predicted blobs that have swallowed two or more cells.

    A blob is a connected component of probability > threshold, its pixels joined by sides, not
    corners (connectivity 1), before any watershed. It has swallowed a cell if it holds at least
    `share` of the cell's pixels.

    probability: (H, W) floats in [0, 1], of being inside a cell.  truth: (H, W) integer labels.
    threshold: in [0, 1].  share: in (0, 1].  Returns an int, 0 at best.
    Raises TypeError or ValueError for other input.
    """
    blobs = measure.label(probability > threshold, connectivity=1)
    cell, blob, overlap = _overlaps(truth, blobs)
    swallowed = overlap / np.bincount(truth.ravel())[cell] >= share
    return int(np.count_nonzero(np.bincount(blob[swallowed]) >= 2))


# Partitions -------------------------------------------------------------------------------------


@takes(truth=LABELS("H W"), prediction=LABELS("H W"))
def adapted_rand_error(truth, prediction):
    """1 minus the F-score of pixel pairs: are two pixels of a cell together, and only those?

    Arganda-Carreras et al. (2015), "Crowdsourcing the creation of image segmentation algorithms
    for connectomics", as `skimage.metrics.adapted_rand_error`. Pixels with true label 0 (membrane)
    aren't counted. Label 0 of the prediction counts, as in scikit-image, as one segment like any
    other: where a predicted membrane is too thick, it joins the rims of all cells. (The scripts of
    the ISBI and SNEMI3D challenges thin the membrane or take each of its pixels for itself.)

    Label images, (H, W) integers.  Returns a float in [0, 1], 0 at best.
    Raises TypeError or ValueError for other input, and ValueError if no true cell has two pixels.
    """
    if not _has_pairs(truth):
        raise ValueError("the adapted Rand error isn't defined: no true cell has two pixels.")
    with np.errstate(invalid="ignore"):  # precision and recall, unused, may be 0/0
        error = skimage_metrics.adapted_rand_error(truth, prediction, ignore_labels=(0,))[0]
    return float(error)


# Classes ----------------------------------------------------------------------------------------


@takes(
    truths=Many("N", CLASSES("h w")), predictions=Many("N", CLASSES("h w")), classes=Many("K", NAME)
)
def class_scores(truths, predictions, classes):
    """How well the pixels of many pictures are named: {"pixel", "class", "iou", "ious"}.

    Long, Shelhamer and Darrell (2015), "Fully convolutional networks", section 5, with n_ij pixels
    of class i named j, counted over all pictures, and t_i = Σ_j n_ij: pixel Σ n_ii / Σ t_i; class,
    the mean of n_ii / t_i; iou, the mean of n_ii / (t_i + Σ_j n_ji − n_ii). Classes that are in no
    truth and no prediction are left out; `class` leaves out those in no truth. `ious`: {name: IoU}.

    truths, predictions: sequences of class numbers (H, W), integers.  classes: the names, in the
    order of their numbers.  Floats in [0, 1], 1 at best.
    Raises TypeError or ValueError for other input, such as a number without a name.
    """
    count = len(classes)
    table = np.zeros((count, count), np.int64)
    for truth, prediction in zip(truths, predictions):
        pairs = np.bincount((truth * count + prediction).ravel(), minlength=count**2)
        table += pairs.reshape(count, count)
    right, true, named = np.diag(table), table.sum(1), table.sum(0)
    seen = true + named > 0
    ious = right[seen] / (true + named - right)[seen]
    names = [name for name, there in zip(classes, seen) if there]
    return {
        "pixel": float(right.sum() / true.sum()),
        "class": float(np.mean(right[true > 0] / true[true > 0])),
        "iou": float(np.mean(ious)),
        "ious": dict(zip(names, ious.tolist())),
    }


@takes(
    truths=Many("N", CLASSES("h w")),
    predictions=Many("N", CLASSES("h w")),
    classes=Many("K", NAME),
    thin=Many("T≥0", NAME),
)
def fcn_scores(truths, predictions, classes, thin=("cornice", "sill", "molding", "blind")):
    """The FCN-score of generated photographs: {"fcn_iou", "fcn_iou_thin", "fcn_pixel"}.

    Isola et al. (2017), "Evaluation metrics": a network that reads real photographs reads the
    generated ones; `predictions` is what it reads, `truths` the labels they were generated from.
    `pixel` and `iou` of `class_scores`, and the mean IoU of the `thin` classes, which blur erases;
    if none of them is in any picture, `fcn_iou_thin` is left out. Input and errors as there.
    """
    scores = class_scores(truths, predictions, classes)
    thin_ious = [scores["ious"][name] for name in thin if name in scores["ious"]]
    found = {"fcn_iou_thin": float(np.mean(thin_ious))} if thin_ious else {}
    return {"fcn_iou": scores["iou"]} | found | {"fcn_pixel": scores["pixel"]}


# Pictures ---------------------------------------------------------------------------------------


@takes(truth=PICTURE("..."), prediction=PICTURE("..."))
def rmse(truth, prediction):
    """Root of the mean squared difference of two pictures in [0, 1], in the same unit; 0 at best.

    Arrays of one shape (any). Raises ValueError if shapes differ or a value is outside [0, 1].
    """
    return float(np.sqrt(np.mean((truth - prediction) ** 2)))


@takes(truth=PICTURE("..."), prediction=PICTURE("..."))
def psnr(truth, prediction):
    """Peak signal-to-noise ratio in decibels, 10 log10(1 / MSE), of two pictures in [0, 1].

    Arrays of one shape (any). Equal pictures give infinity.
    Raises ValueError if shapes differ or a value is outside [0, 1].
    """
    if not np.mean((truth - prediction) ** 2):
        return float("inf")
    return float(skimage_metrics.peak_signal_noise_ratio(truth, prediction, data_range=1))


@takes(truth=PICTURE("..."), prediction=PICTURE("..."), floor=number("(0, 0.5)"))
def binary_cross_entropy(truth, prediction, floor=1e-7):
    """Mean of −t log p − (1−t) log(1−p), in nats, for a grey target t and a prediction p in [0, 1].

    Arrays of one shape (any). At p = t it is the target's own entropy: no prediction gets lower,
    and for grey targets that is above 0. p is kept `floor` away from 0 and 1, as Keras does.
    Raises ValueError if shapes differ or a value is outside [0, 1].
    """
    p = np.clip(prediction, floor, 1 - floor)
    return float(np.mean(-truth * np.log(p) - (1 - truth) * np.log1p(-p)))


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


# Checks and shared steps ------------------------------------------------------------------------


@takes(truths=Many("N", LABELS("h w")), predictions=Many("N", LABELS("h w")))
def segmentation_scores(truths, predictions):
    """The six numbers of lesson 01 for label images (H, W), one pair a picture.

    Means over pictures of `iou` and `dice` (cell pixels), `f1` (`instance_f1`) and `mean_ap`
    (`mean_average_precision`); `f1_pooled` over all cells (`pooled_f1`); the mean of
    `adapted_rand_error` over the pictures with a true cell of two pixels. Where there is no cell,
    none predicted is right: 1 for the first five. If no picture has a true cell of two pixels, the
    Rand error is 0 where no such cell is predicted either, else 1.
    Returns {name: float}. Raises what they raise.
    """
    pairs = list(zip(truths, predictions))
    rand = [adapted_rand_error(t, p) for t, p in pairs if _has_pairs(t)]
    rand = rand or [float(any(map(_has_pairs, predictions)))]
    return {
        "iou": float(np.mean([iou(t > 0, p > 0) for t, p in pairs])),
        "dice": float(np.mean([dice(t > 0, p > 0) for t, p in pairs])),
        "f1": float(np.mean([instance_f1(t, p) for t, p in pairs])),
        "f1_pooled": pooled_f1(truths, predictions),
        "mean_ap": float(np.mean([mean_average_precision(t, p) for t, p in pairs])),
        "adapted_rand_error": float(np.mean(rand)),
    }


@takes(labels=LABELS("H W"))
def check_labels(labels):
    """Return a label image as int32 (H, W), or say in one sentence why it isn't one.

    Raises TypeError if it doesn't hold integers (a boolean mask neither: its cells have no
    numbers), ValueError if it isn't 2-D, is empty, or holds numbers outside 0 … 16777216.
    """
    return labels


def _has_pairs(labels):
    """Whether some cell has two pixels."""
    return np.bincount(labels.ravel())[1:].max(initial=0) >= 2


def _overlaps(truth, prediction):
    """Pairs of a true and a predicted cell that share pixels: (true label, label, pixels)."""
    table = skimage_metrics.contingency_table(truth, prediction).tocoo()
    both = (table.row > 0) & (table.col > 0)
    return table.row[both], table.col[both], table.data[both]


def _pair_ious(truth, prediction):
    """IoU of each overlapping pair: (true label, label, IoU), numbers of true and of cells."""
    true_area, area = np.bincount(truth.ravel()), np.bincount(prediction.ravel())
    row, col, overlap = _overlaps(truth, prediction)
    ious = overlap / (true_area[row] + area[col] - overlap)
    return (row, col, ious), np.count_nonzero(true_area[1:]), np.count_nonzero(area[1:])


def _counts(pairs, n_true, n_predicted, threshold):
    row, col, ious = (column[pairs[2] > threshold] for column in pairs)
    tp = len(ious)
    if tp and threshold < 0.5:  # else no cell appears twice
        tp = np.count_nonzero(maximum_bipartite_matching(csr_array((ious, (row, col)))) >= 0)
    return int(tp), int(n_predicted - tp), int(n_true - tp)


def _f1(tp, fp, fn):
    return float(2 * tp / (2 * tp + fp + fn)) if tp + fp + fn else 1.0
