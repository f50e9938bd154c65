import numpy as np
import pytest
from conftest import require

from course_utils import metrics, paths
from course_utils.data import imagenet, pix2pix
from course_utils.models import checkpoints, facade_reader
from course_utils.models import features as networks
from drawn_worlds import houses as facades
from experiments import facade_reader as training


def street(count, start=0, side=32):
    """Toy fronts (photo, labels): three classes, each with its own grey, in bands."""
    drawn = []
    for seed in range(start, start + count):
        rng = np.random.default_rng(seed)
        labels = np.zeros((side, side), np.int32)
        labels[rng.integers(4, 12) :] = 1
        labels[rng.integers(20, 28) :, rng.integers(0, 16) :] = 3
        grey = np.array([0.9, 0.5, 0.0, 0.1])[labels][..., None]
        photo = (grey + rng.normal(0, 0.03, (side, side, 3))).clip(0, 1)
        drawn.append((photo.astype(np.float32), labels))
    return drawn


@pytest.fixture(scope="module")
def reader():
    return training.train(street(12), steps=16, seed=3)


def test_the_reader_learns_to_read(reader, monkeypatch):
    monkeypatch.setattr(facade_reader, "SIDE", 32)
    photos, truths = (np.stack(part) for part in zip(*street(6, start=100)))
    before = facade_reader.read(facade_reader.network(), photos)
    found = facade_reader.read(reader, photos)
    assert found.dtype == np.int32 and found.shape == truths.shape
    right = metrics.class_scores(truths, found, facades.CLASSES)
    assert right["pixel"] > 0.7 > metrics.class_scores(truths, before, facades.CLASSES)["pixel"]


@pytest.mark.slow
def test_the_same_seed_trains_the_same_reader(reader):
    again = training.train(street(12), steps=16, seed=3)
    for a, b in zip(reader.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_each_photo_is_read_for_itself_and_at_its_own_size(reader):
    photos = np.stack([photo for photo, _ in street(3, side=64)])
    found = facade_reader.read(reader, photos)
    assert found.shape == (3, 64, 64)
    assert np.array_equal(facade_reader.read(reader, photos[1:2])[0], found[1])
    small = facade_reader.read(reader, np.full((1, 48, 80, 3), 0.5, np.float32))
    assert small.shape == (1, 48, 80)


@pytest.mark.parametrize(
    "photos, says",
    [
        (np.zeros((128, 128, 3), np.float32), "needs photos"),
        (np.zeros((2, 128, 128), np.float32), "needs photos"),
        (np.full((1, 128, 128, 3), 200.0, np.float32), r"\[0, 1\] is needed"),
    ],
)
def test_what_is_no_photo_is_refused(photos, says):
    with pytest.raises(ValueError, match=says):
        facade_reader.read(None, photos)


def test_examples_are_mirrored_with_their_labels_and_weights():
    street_of_one = street(1)
    weights = training.class_weights([labels for _, labels in street_of_one])
    turned = 0
    for number in range(20):
        rng = np.random.default_rng(number)
        photo, labels, weight = training._example(street_of_one, weights, rng)
        assert np.array_equal(weight, weights[labels])
        assert np.abs(photo.mean(-1) - np.array([0.9, 0.5, 0, 0.1])[labels]).max() < 0.2
        turned += not np.array_equal(labels, street_of_one[0][1])
    assert 4 < turned < 16


def test_class_weights_by_hand():
    labels = np.repeat([0, 1, 2], [64, 32, 4]).reshape(10, 10)
    weights = training.class_weights([labels, labels])
    assert weights.dtype == np.float32 and weights.shape == (12,)
    assert weights[1] / weights[0] == pytest.approx(np.sqrt(2))
    assert weights[2] / weights[0] == pytest.approx(4)
    assert weights[labels].mean() == pytest.approx(1)
    assert np.isfinite(weights).all() and weights[11] == weights.max()


def test_its_buildings_train_and_test_no_generator():
    others = {*pix2pix.DRAWN["train"], *pix2pix.DRAWN["test"]}
    assert training.buildings.__defaults__ == (pix2pix.DRAWN["segmenter"],)
    assert not others & set(pix2pix.DRAWN["segmenter"])
    ((photo, labels),) = training.buildings([2_000_000])
    assert photo.shape == (128, 128, 3) and labels.shape == (128, 128)
    assert np.array_equal(labels, facades.facade(2_000_000, size=128).labels)


def test_it_fits_into_its_checkpoint(monkeypatch, tmp_path, reader):
    monkeypatch.setattr(paths, "CHECKPOINTS", tmp_path)
    with pytest.raises(ValueError, match="make checkpoints LESSON=02"):
        facade_reader.load()
    path = checkpoints.save(reader, facade_reader.CHECKPOINT, {})
    assert path.stat().st_size < 0.6e6
    photos = np.stack([photo for photo, _ in street(2)])
    expected = facade_reader.read(checkpoints.as_shipped(reader), photos)
    assert np.array_equal(facade_reader.read(facade_reader.load(), photos), expected)


def test_a_generator_is_scored_on_its_answers_to_the_houses():
    from course_utils.models.pix2pix import generator, translate

    require("features", imagenet.VGG16.is_there(), "run `make features`")
    houses = [pix2pix.DrawnPair(seed) for seed in pix2pix.DRAWN["validation"][:2]]
    model = generator(side=128, width=2)
    told = training.scorer(houses)(model)
    made = translate(model, np.stack([house.source_picture for house in houses]))
    labels, truth = ([getattr(house, name) for house in houses] for name in ("labels", "target"))
    read = facade_reader.read(facade_reader.load(), made)
    grids = {f"grid_{period}": metrics.grid(made, period) for period in (2, 4, 8)}
    lattices = [
        value / metrics.grid(np.stack(truth), int(name[5:])) for name, value in grids.items()
    ]
    features = networks.network("imagenet", metrics.TEXTURE_LAYERS, rescaled=False)
    expected = {
        **metrics.fcn_scores(labels, read, facades.CLASSES),
        **metrics.picture_scores(np.stack(truth), made, labels),
        **grids,
        "lattice": max(lattices),
        "texture_distance": metrics.texture_distance(made, np.stack(truth), features),
    }
    assert told == pytest.approx(expected, rel=1e-4)
