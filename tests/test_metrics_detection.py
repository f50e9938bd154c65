"""Average precision against cases by hand, a second way to compute it, and COCO's own code."""

import contextlib
import io

import numpy as np
import pytest

from course_utils import metrics
from course_utils.models.mask_rcnn import iou

NONE = np.zeros(0, int)


def one(ious, scores, thresholds=(0.5,), **more):
    """Average precision of one picture and one class; ious: rows are true instances."""
    ious = np.array(ious, float).reshape(-1, len(scores))
    kinds = [np.ones(size, int) for size in ious.shape]
    return metrics.average_precision(
        [ious], kinds[:1], kinds[1:], [np.array(scores, float)], thresholds, **more
    )["ap"]


# Overlaps -----------------------------------------------------------------------------------------


def test_overlaps_of_masks_by_hand():
    truths = np.zeros((2, 4, 5), bool)
    truths[0, :2, :2] = True
    predictions = np.zeros((3, 4, 5), bool)
    predictions[0, :2, :2] = predictions[1, 1:3, :2] = True
    expected = [[1, 2 / 6, 0], [0, 0, 0]]  # the last of both are empty: 0/0 is 0
    np.testing.assert_allclose(metrics.mask_iou(truths, predictions), expected)
    assert metrics.mask_iou(truths[:0], predictions).shape == (0, 3)
    assert metrics.mask_iou(truths, predictions[:0]).shape == (2, 0)
    with pytest.raises(ValueError, match="predictions .* doesn't fit truths"):
        metrics.mask_iou(truths, predictions[:, :3])


def test_overlaps_of_masks_are_those_of_iou():
    rng = np.random.default_rng(0)
    truths, predictions = rng.random((4, 9, 11)) > 0.4, rng.random((3, 9, 11)) > 0.7
    expected = [[metrics.iou(t, p) for p in predictions] for t in truths]
    np.testing.assert_allclose(metrics.mask_iou(truths, predictions), expected)


# By hand ------------------------------------------------------------------------------------------


def test_average_precision_by_hand():
    assert one([0.8], [0.3]) == 1
    assert one([0.5], [0.3]) == 1 and one([0.499], [0.3]) == 0  # at the threshold is enough
    assert one([[0.8], [0]], [0.3]) == pytest.approx(51 / 101)  # recalls 0 … 0.5
    # the false one ranks first: precision 1/2 at all recalls; last: it costs nothing
    assert one([[0, 0.8]], [0.9, 0.3]) == 0.5 and one([[0, 0.8]], [0.3, 0.9]) == 1
    # ranks true, false, true of two: 1 up to the recall 0.5, then 2/3
    found = one([[0.9, 0, 0], [0, 0, 0.9]], [3, 2, 1])
    assert found == pytest.approx((51 + 50 * 2 / 3) / 101)


def test_a_true_instance_is_found_once():
    assert one([[0.6, 0.9], [0, 0]], [0.9, 0.3]) == pytest.approx(51 / 101)  # the second is false
    # greedy: the better scored takes the one it overlaps most, the other what is left
    assert one([[0.6, 0.7], [0.55, 0]], [2, 1]) == pytest.approx(51 / 101)
    assert one([[0.6, 0.7], [0.65, 0]], [2, 1]) == 1


def test_thresholds_are_averaged_and_50_and_75_always_there():
    arguments = [np.array([[0.72]])], [[1]], [[1]], [[0.5]]
    found = metrics.average_precision(*arguments)
    assert found == {"ap": pytest.approx(0.5), "ap50": 1, "ap75": 0}  # 0.5, …, 0.7 of ten
    found = metrics.average_precision(*arguments, thresholds=[0.9])
    assert found == {"ap": 0, "ap50": 1, "ap75": 0} and type(found["ap"]) is float


def test_ranks_go_over_all_pictures():
    ious, kinds = [np.array([[0.0]]), np.array([[0.9]])], [[1], [1]]
    for scores, expected in (([[0.9], [0.1]], 0.5), ([[0.1], [0.9]], 1)):
        found = metrics.average_precision(ious, kinds, kinds, scores)
        assert found["ap50"] == pytest.approx(expected * 51 / 101)


def test_classes_are_averaged_and_one_without_truth_left_out():
    ious, scores = [np.array([[0.9, 0.9], [0.9, 0]])], [[0.9, 0.8]]
    assert metrics.average_precision(ious, [[1, 2]], [[1, 2]], scores)["ap50"] == 0.5
    assert metrics.average_precision(ious, [[1, 1]], [[1, 7]], scores)["ap50"] == 51 / 101


def test_pictures_without_truth_or_prediction():
    def found(*sizes):
        kinds = [[np.ones(size, int) for size in side] for side in zip(*sizes)]
        return metrics.average_precision(
            [np.full(size, 0.99) for size in sizes], *kinds, [np.ones(m) for _, m in sizes]
        )

    assert found((2, 0)) == {"ap": 0, "ap50": 0, "ap75": 0}
    assert found((1, 1), (0, 0))["ap50"] == 1
    assert found((1, 1), (0, 1))["ap50"] == 1  # of one score, the first picture's rank is first
    assert found((0, 1), (1, 1))["ap50"] == 0.5
    with pytest.raises(ValueError, match="isn't defined: no picture has a true instance"):
        found((0, 1), (0, 0))


def test_only_so_many_predictions_of_a_picture_count():
    assert one([[0, 0.9]], [0.9, 0.3], most=1) == 0 and one([[0, 0.9]], [0.3, 0.9], most=1) == 1


def test_background_is_no_class():
    with pytest.raises(ValueError, match=r"predictions\[0\] .* leave out what is background"):
        metrics.average_precision([np.ones((1, 1))], [[1]], [[0]], [[0.5]])
    with pytest.raises(ValueError, match=r"scores\[0\] \(2,\) doesn't fit ious\[0\]"):
        metrics.average_precision([np.ones((1, 1))], [[1]], [[1]], [[0.5, 0.6]])


# By a second way, and by COCO's code --------------------------------------------------------------


def crowd(seed, pictures=6, size=(40, 50), kinds=3):
    """Pictures with crowded rectangles of some classes, and shifted, lost and invented ones found."""
    rng = np.random.default_rng(seed)

    def drawn(boxes):
        masks = np.zeros((len(boxes), *size), bool)
        for mask, (top, left, bottom, right) in zip(masks, boxes):
            mask[top:bottom, left:right] = True
        return masks

    truths, predictions, boxes = [], [], []
    for picture in range(pictures):
        count = 0 if picture == 2 else rng.integers(1, 14)
        starts = rng.integers(0, 30, (count, 2))
        true = np.hstack([starts, starts + rng.integers(2, 20, (count, 2))])
        labels = rng.integers(1, kinds + 1, count)
        chosen = rng.integers(0, count, rng.integers(0, 2 * count)) if count else NONE
        moved = true[chosen] + rng.integers(-2, 3, (len(chosen), 4))
        moved = np.vstack([moved, rng.integers(0, 40, (3, 4))]).clip(0, 39)
        moved[:, 2:] = np.maximum(moved[:, 2:], moved[:, :2] + 1)
        guesses = np.concatenate([labels[chosen], rng.integers(1, kinds + 2, 3)])
        swapped = rng.random(len(guesses)) < 0.1
        guesses[swapped] = rng.integers(1, kinds + 1, swapped.sum())
        truths.append((drawn(true), labels))
        predictions.append((drawn(moved), guesses, rng.random(len(guesses))))
        boxes.append((true, moved))
    return truths, predictions, boxes


def arguments(seed, by="mask"):
    truths, predictions, boxes = crowd(seed)
    ious = [metrics.mask_iou(t[0], p[0]) for t, p in zip(truths, predictions)]
    if by == "box":
        ious = [np.array(iou(*map(np.float64, pair))) for pair in boxes]
    return ious, [t[1] for t in truths], [p[1] for p in predictions], [p[2] for p in predictions]


def slow_precision(ious, truths, predictions, scores, level):
    """Average precision at one level: lists, and for each recall a search among all ranks."""
    means = []
    for kind in sorted({label for labels in truths for label in labels.tolist()}):
        total = sum(int(label == kind) for labels in truths for label in labels)
        ranking = sorted(
            (-score, picture, number)
            for picture, values in enumerate(scores)
            for number, score in enumerate(values.tolist())
            if predictions[picture][number] == kind
        )
        taken, true, curve = set(), 0, []
        for rank, (_, picture, number) in enumerate(ranking, start=1):
            pairs = [
                (ious[picture][row, number], picture, row)
                for row, label in enumerate(truths[picture])
                if label == kind and (picture, row) not in taken
            ]
            if pairs and max(pairs)[0] >= level:
                taken.add(max(pairs)[1:])
                true += 1
            curve.append((true, true / rank))
        best = [
            max([p for hits, p in curve if hits / total >= recall], default=0)
            for recall in np.linspace(0, 1, 101)
        ]
        means.append(sum(best) / 101)
    return sum(means) / len(means)


@pytest.mark.parametrize("by", ["mask", "box"])
@pytest.mark.parametrize("seed", range(5))
def test_average_precision_in_a_second_way(seed, by):
    given = arguments(seed, by)
    found = metrics.average_precision(*given)
    levels = metrics.COCO_THRESHOLDS
    single = {level: slow_precision(*given, level) for level in (*levels, 0.75)}
    assert found["ap"] == pytest.approx(np.mean([single[level] for level in levels]))
    assert found["ap50"] == pytest.approx(single[0.5])
    assert found["ap75"] == pytest.approx(single[0.75])
    assert 0 < found["ap"] < found["ap50"] < 1


@pytest.mark.parametrize("by", ["mask", "box"])
@pytest.mark.parametrize("seed", range(8))
def test_average_precision_is_that_of_coco_s_own_code(seed, by):
    coded = pytest.importorskip("pycocotools.mask", reason="pycocotools is missing")
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    truths, predictions, boxes = crowd(seed)

    def entries(items, side):
        for picture, (masks, kinds, *scores) in enumerate(items):
            for number, mask in enumerate(masks):
                top, left, bottom, right = boxes[picture][side][number].tolist()
                yield {
                    "image_id": picture,
                    "category_id": int(kinds[number]),
                    "segmentation": coded.encode(np.asfortranarray(mask, np.uint8)),
                    "bbox": [left, top, right - left, bottom - top],
                    "area": int(mask.sum()),
                    "iscrowd": 0,
                } | ({"score": float(scores[0][number])} if scores else {})

    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {
            "images": [{"id": n, "height": 40, "width": 50} for n in range(len(truths))],
            "categories": [{"id": kind} for kind in range(1, 5)],
            "annotations": [{"id": n} | e for n, e in enumerate(entries(truths, 0), start=1)],
        }
        truth.createIndex()
        found = COCO()
        found.dataset = truth.dataset | {
            "annotations": [{"id": n} | e for n, e in enumerate(entries(predictions, 1), start=1)]
        }
        found.createIndex()
        judge = COCOeval(truth, found, "segm" if by == "mask" else "bbox")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    scores = metrics.average_precision(*arguments(seed, by))
    assert [*scores.values()] == pytest.approx(judge.stats[:3].tolist(), abs=1e-6)
