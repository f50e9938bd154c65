"""Which of many boxes shall learn which truth, and which of them teach in this step."""

import keras
from keras import ops

from .boxes import iou

POSITIVE, NEGATIVE, UNUSED = 1, 0, -1


def match(candidates, truths, present, high=0.5, low=0.5, best=False):
    """For each candidate the truth that it overlaps most, (N, P) int32, and its kind, (N, P) int32.

    candidates (N, P, 4) or (P, 4); truths (N, G, 4), of which those count that are `present` (N, G).
    POSITIVE: the IoU is at least `high`; NEGATIVE: below `low`; UNUSED between. best: the candidates
    that overlap a truth most are its own at any IoU, so that none goes without; where two truths
    share one, it is that truth's that it overlaps more.
    Source: Ren et al. (2015), section 3.1.2 (0.7, 0.3, best); Girshick (2015) for RoIs (0.5).
    """
    overlap = iou(candidates, truths) * ops.cast(present, "float32")[:, None]  # (N, P, G)
    most = ops.max(overlap, axis=-1)
    kinds = ops.where(most >= high, POSITIVE, ops.where(most < low, NEGATIVE, UNUSED))
    matched = ops.argmax(overlap, axis=-1)
    if best:
        top = ops.max(overlap, axis=1, keepdims=True)  # (N, 1, G)
        own = ops.where(overlap == top, overlap, 0.0)
        taken = ops.any(own > 0, axis=-1)
        kinds = ops.where(taken, POSITIVE, kinds)
        matched = ops.where(taken, ops.argmax(own, axis=-1), matched)
    return ops.cast(matched, "int32"), ops.cast(kinds, "int32")


def sample(kinds, count, share, seed=None):
    """Places of at most `count` that teach, (N, count), and their kinds, UNUSED where too few are.

    The first share·count are for positive ones, the others for negative ones, drawn at random, each
    equally likely. Where positive ones are missing, no negative ones stand in for them.
    kinds: (N, P) as `match` gives them. seed: as `keras.random.uniform` takes it.
    """
    chance = keras.random.uniform(ops.shape(kinds), 0.1, 1.0, seed=seed)
    chosen, found = [], []
    for kind, number in ((POSITIVE, int(share * count)), (NEGATIVE, count - int(share * count))):
        most = min(number, kinds.shape[1])
        drawn, places = ops.top_k(chance * ops.cast(kinds == kind, "float32"), most)
        missing = ((0, 0), (0, number - most))
        chosen.append(ops.pad(places, missing))
        found.append(ops.pad(ops.where(drawn > 0, kind, UNUSED), missing, constant_values=UNUSED))
    return ops.concatenate(chosen, axis=1), ops.cast(ops.concatenate(found, axis=1), "int32")
