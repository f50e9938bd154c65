"""Metrics of class maps: integers (H, W), the number of each pixel's class."""

import numpy as np

from ..arguments import CLASSES, NAME, Many, takes


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
