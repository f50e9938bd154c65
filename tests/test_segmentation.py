from dataclasses import replace

import numpy as np
import pytest

from course_utils import lessons, metrics, profile, results
from course_utils.data import readers, segmentation, splits
from course_utils.data.weight_maps import unet_weight_map


def sample(seed, size=96):
    rng = np.random.default_rng(seed)
    labels = np.zeros((size, size), np.int32)
    labels[20:50, 20:40] = 1
    labels[20:50, 40:60] = 2
    image = np.where(labels[..., None] > 0, 0.8, 0.1) + rng.normal(0, 0.02, (size, size, 3))
    return readers.Sample(str(seed), image.clip(0, 1).astype(np.float32), labels, str(seed))


def test_the_drawn_split_shares_no_seed():
    train, test = segmentation.DRAWN["train"], segmentation.DRAWN["test"]
    assert not set(train) & set(test) and len(train) >= 200 and len(test) >= 30


def test_an_unknown_data_set_names_the_choices():
    with pytest.raises(ValueError, match="dsb2018, isbi2012"):
        segmentation.load("coco")


def test_normalising_gives_the_same_picture_whatever_the_polarity_and_contrast():
    image = sample(0).image
    bright_cells = segmentation.normalise(image)
    assert bright_cells.shape == (96, 96, 3) and bright_cells.dtype == np.float32
    assert np.allclose(segmentation.normalise(1 - image), bright_cells, atol=0.05)
    assert np.allclose(segmentation.normalise(image * 0.3), bright_cells, atol=0.02)
    assert 0 <= bright_cells.min() and bright_cells.max() <= 1.5


def test_a_constant_picture_stays_finite():
    assert np.isfinite(segmentation.normalise(np.full((9, 9, 3), 0.7, np.float32))).all()


def test_three_classes_of_two_touching_cells():
    classes = segmentation.three_classes(sample(0).labels)
    assert classes[30, 39] == classes[30, 40] == segmentation.BORDER
    assert classes[30, 30] == classes[30, 50] == segmentation.INSIDE
    assert classes[0, 0] == classes[19, 30] == segmentation.BACKGROUND
    assert classes[20, 30] == segmentation.BORDER


def test_two_classes_keep_a_gap_between_touching_cells():
    classes = segmentation.two_classes(sample(0).labels)
    assert (classes[20:50, 39:41] == 0).any(axis=1).all() and classes[30, 30] == 1


def test_the_parts_of_a_crop_belong_together():
    crops = segmentation.Crops([sample(0)], side=64, zoom=(1.0, 1.0))
    agree = []
    for number in range(10):
        image, classes, weights = crops(np.random.default_rng(number))
        assert image.shape == (64, 64, 3) and classes.shape == weights.shape == (64, 64)
        assert set(np.unique(classes)) <= {0, 1, 2} and weights.min() >= 1
        if (classes > 0).any() and (classes == 0).any():
            inside, outside = image[..., 0][classes > 0].mean(), image[..., 0][classes == 0].mean()
            agree.append(inside > outside + 0.3)
    assert len(agree) > 5 and all(agree)


def test_weights_of_a_crop_are_those_of_the_map():
    crops = segmentation.Crops([sample(0)], side=64, zoom=(1.0, 1.0))
    top = unet_weight_map(sample(0).labels).max()
    seen = [crops(np.random.default_rng(number))[2].max() for number in range(20)]
    assert max(seen) <= top + 1e-4 and max(seen) > 0.6 * top


def test_same_generator_same_crop():
    crops = segmentation.Crops([sample(0), sample(1)], side=32)
    first, again = crops(np.random.default_rng(5)), crops(np.random.default_rng(5))
    assert all(np.array_equal(a, b) for a, b in zip(first, again))


def test_rare_bright_pictures_come_more_often():
    dark, bright = [sample(seed) for seed in range(9)], sample(9)
    bright.image[:] = 1 - bright.image
    chances = segmentation._chances([*dark, bright])
    assert np.isclose(chances.sum(), 1) and np.isclose(chances[-1], 0.35)


@pytest.mark.slow
def test_one_step_of_the_full_profile_on_the_cpu():
    import keras

    from course_utils.data.pipeline import stream
    from course_utils.models.unet import unet

    model = unet((None, None, 3), classes=3, batch_norm=True, **segmentation.NETWORK["full"])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, jit_compile=False)
    before = model.get_layer("logits").get_weights()[0].copy()
    batches = stream(segmentation.Crops([sample(0)], side=64), batch_size=1)
    history = model.fit(batches, steps_per_epoch=1, shuffle=False, verbose=0)
    assert np.isfinite(history.history["loss"][0])
    assert not np.array_equal(before, model.get_layer("logits").get_weights()[0])


def test_cutting_out_cells_and_neurites():
    background = np.full((20, 20), 0.01, np.float32)
    background[:, 9:11] = 0.98
    maps = np.stack([background, 1 - background, 0 * background], -1)
    cells = segmentation.cut_out(maps, "synthetic")
    assert cells.max() == 2 and (cells[:, 9:11] == 0).all() and cells[0, 0] != cells[0, 19]
    neurites = segmentation.cut_out(maps, "isbi2012", seed=0.9)
    assert neurites.max() == 2 and (neurites > 0).all()


def test_the_diameter_is_that_of_most_cell_pixels():
    labels = np.zeros((40, 40), np.int32)
    assert segmentation.diameter(labels) == 0
    labels[:20, :20] = 3
    assert np.isclose(segmentation.diameter(labels), np.sqrt(4 / np.pi * 400))
    labels[30, ::2] = np.arange(4, 24)  # twenty specks
    assert np.isclose(segmentation.diameter(labels), np.sqrt(4 / np.pi * 400))


@pytest.mark.parametrize(
    "across, sides", [(48, [192, 64, 64]), (16, [192] * 3), (8, [192, 288, 288])]
)
def test_cells_of_any_size_are_zoomed_to_the_one_that_the_network_knows(across, sides):
    y, x = np.mgrid[:192, :192]
    discs = [np.hypot(y - 96, x - centre) < across / 2 for centre in (50, 140)]
    image = np.where(discs[0] | discs[1], 0.4, 0.05)[..., None].astype(np.float32)
    seen = []

    def predict(picture):
        seen.append(picture.shape[0])
        inside = (picture[..., 0] > 0.5).astype(np.float32)
        return np.stack([1 - inside, inside, 0 * inside], -1)

    found = segmentation.find(predict, image, "dsb2018")
    assert np.allclose(seen, sides, atol=4) and found.shape == (192, 192)
    assert min(metrics.iou(found == found[96, x], disc) for x, disc in zip((50, 140), discs)) > 0.8
    del seen[:]
    segmentation.find(predict, image, "synthetic")
    assert seen == [192]


def test_where_nothing_is_found_nothing_is_zoomed():
    empty = np.zeros((64, 48, 3), np.float32)
    nothing = segmentation.find(lambda x: np.eye(3)[np.zeros(x.shape[:2], int)], empty, "dsb2018")
    assert nothing.shape == (64, 48) and not nothing.any()


def test_the_seed_is_chosen_on_training_pictures_only_where_there_is_a_choice():
    def refuse(picture):
        raise AssertionError("no prediction is needed")

    assert segmentation.best_seed(refuse, [sample(0)], "dsb2018") == 0.5
    neurites = [sample(seed) for seed in range(5)]

    def predict(picture):
        inside = np.where(neurites[0].labels > 0, 0.85, 0.1)
        inside[20:50, 38:42] = 0.6
        return np.stack([1 - inside, inside, 0 * inside], -1)

    assert segmentation.best_seed(predict, neurites, "isbi2012") in (0.7, 0.8)


def without_cells(seed):
    return replace(sample(seed), labels=np.zeros((96, 96), np.int32))


def one_pixel(seed):
    labels = np.zeros((96, 96), np.int32)
    labels[5, 5], labels[50, 50] = 1, 2
    return replace(sample(seed), labels=labels)


def test_the_seed_is_chosen_on_pictures_that_have_cells():
    predicted = []

    def predict(picture):
        predicted.append(picture)
        return np.full(picture.shape[:2] + (3,), 1 / 3)

    for none in (without_cells, one_pixel):
        training = [*map(none, range(20)), sample(20), sample(21)]
        assert (
            segmentation.best_seed(predict, training, "isbi2012") in segmentation.SEEDS["isbi2012"]
        )
        with pytest.raises(ValueError, match="No training picture has a cell; add one"):
            segmentation.best_seed(predict, [none(0)], "isbi2012")
    assert len(predicted) == 4


@pytest.mark.parametrize("none", [without_cells, one_pixel])
@pytest.mark.parametrize("dataset", ["dsb2018", "isbi2012"])
def test_without_any_cell_nothing_is_learned_or_measured(none, dataset, monkeypatch):
    def folder(*samples):  # fold 0 and slices from 20 on test
        named = [replace(s, id=name) for s, name in zip(samples, ("4", "20"), strict=True)]
        for reader in ("read_nuclei", "readers.read_isbi2012"):
            monkeypatch.setattr(f"course_utils.data.segmentation.{reader}", lambda _: named)

    assert splits.tests_dsb2018(replace(sample(0), id="20")) != splits.tests_dsb2018(
        replace(sample(0), id="4")
    )
    folder(sample(0), sample(1))
    assert [len(part) for part in segmentation.load(dataset)] == [1, 1]
    said = set()
    for samples in ((none(0), sample(1)), (sample(0), none(1))):
        folder(*samples)
        with pytest.raises(
            ValueError, match=f"No cell is marked in any .* {dataset}.*; add"
        ) as caught:
            segmentation.load(dataset)
        said.add(str(caught.value).split(" picture")[0].split()[-1])
    assert said == {"training", "test"}


def test_cells_are_counted_by_the_numbers_that_are_there():
    labels = np.zeros((9, 9), np.int32)
    assert segmentation.count(labels) == 0 and not segmentation.has_cell(labels)
    labels[:3], labels[5:] = 2, 7  # 1 was hidden by 2, 3 to 6 likewise
    assert segmentation.count(labels) == 2 and segmentation.has_cell(labels)
    doubled = replace(sample(0), labels=np.where(sample(0).labels > 0, 40, 0))
    assert np.allclose(
        segmentation._chances([doubled, sample(1)])[0] * np.sqrt(2),
        segmentation._chances([doubled, sample(1)])[1],
    )


def test_the_headline_of_a_data_set_comes_from_the_card():
    truth, card = [sample(0).labels], lessons.card("segmentation")
    for dataset, first in (
        ("synthetic", "iou"),
        ("dsb2018", "iou"),
        ("isbi2012", "adapted_rand_error"),
    ):
        scores = metrics.segmentation_scores(truth, [np.ones_like(truth[0])])
        entry = {"lesson": card.name, "dataset": dataset, "metrics": scores}
        told = results.headline(entry | {"baselines": {"constant": scores}})
        assert told.startswith(f"{first} ") and "constant" in told
    run = profile.Run(card, "quick", "isbi2012", 0, 1)
    with pytest.raises(AssertionError):
        results.must_beat(run, {first: scores[first] + 0.1}, {"constant": scores})


def test_red_only_keeps_what_the_stain_of_nuclei_absorbs():
    original = sample(0)
    red = segmentation.red_only(original)
    assert np.array_equal(red.image[..., 2], original.image[..., 0])
    assert red.labels is original.labels and original.image.std(-1).max() > 0
