"""Proposals: the anchors that may hold a thing, moved onto it, without those that say the same."""

from keras import ops

from .boxes import area, clip, decode, iou


def nms(boxes, threshold):
    """Greedy non-maximum suppression: which of the boxes stay, (N, K) bool.

    boxes: (N, K, 4), by score, the best first. One goes if its IoU with a better one that stays is
    over `threshold`. All are asked at once, and again until no answer changes: what depends on a
    chain of n boxes is right after n rounds.
    """
    over = iou(boxes, boxes) > threshold  # (N, K, K)
    rank = ops.arange(boxes.shape[1])
    better = over & (rank[:, None] > rank)  # [.., i, j]: j is better than i and says the same

    def ask(stay, before):
        return ~ops.any(better & stay[:, None], axis=-1), stay

    def changed(stay, before):
        return ops.any(stay != before)

    first = ops.ones_like(boxes[..., 0], dtype="bool")
    return ops.while_loop(changed, ask, (first, ~first))[0]


def propose(logits, deltas, anchors, side, before=256, after=64, threshold=0.7):
    """The best boxes (N, after, 4) and their objectness, 0 to 1, (N, after), the best first.

    logits (N, A) and deltas (N, A, 4) of the anchors (A, 4): the `before` most likely are moved,
    clipped and thinned by `nms`. Where fewer than `after` are left, a score is 0, and its box has
    no size. Source: Ren et al. (2015), section 3.3, "Non-maximum suppression".
    """
    logits, places = ops.top_k(logits, min(before, logits.shape[1]))
    deltas = ops.take_along_axis(deltas, places[..., None], axis=1)
    boxes = clip(decode(deltas, ops.take(anchors, places, axis=0)), side, side)
    stay = nms(ops.stop_gradient(boxes), threshold) & (area(boxes) >= 1)
    most = min(after, boxes.shape[1])
    scores, places = ops.top_k(ops.sigmoid(logits) * ops.cast(stay, "float32"), most)
    boxes = ops.take_along_axis(boxes, places[..., None], axis=1)
    boxes, missing = boxes * ops.cast(scores > 0, "float32")[..., None], (0, after - most)
    return ops.pad(boxes, ((0, 0), missing, (0, 0))), ops.pad(scores, ((0, 0), missing))
