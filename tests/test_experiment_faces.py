import json

import numpy as np
import pytest

from drawn_worlds import faces
from experiments import faces as training


def test_views_show_one_person_under_several_conditions():
    pictures = training.portraits([3, 4], 2)
    assert pictures.shape == (2, 2, 48, 48, 3) and pictures.dtype == np.uint8
    one = faces.render(faces.identity(4), faces.conditions(4001, yaw=0.0), 64).photo
    np.testing.assert_allclose(pictures[1, 1] / 255, one[8:-8, 8:-8], atol=0.003)
    assert (training.portraits([4], 1, first=1)[0, 0] == pictures[1, 1]).all()
    turned = faces.render(faces.identity(4), faces.conditions(4001), 64).photo[8:-8, 8:-8]
    as_drawn = training.portraits([4], 1, first=1, yaw=None)[0, 0]
    np.testing.assert_allclose(as_drawn / 255, turned, atol=0.003)


@pytest.mark.parametrize("kind", sorted(training.ALIKE))
def test_people_who_are_alike_in_one_kind_of_traits_differ_in_the_others(kind):
    fields = faces.Identity.__dataclass_fields__
    assert set(training.ALIKE[kind]) <= set(fields)
    own, alike = training.portraits([3, 4], 1), training.portraits([3, 4], 1, alike=kind)
    assert (own[0] == alike[0]).all() and (own[1] != alike[1]).any()
    assert (alike[0] != alike[1]).any()


def test_every_trait_is_of_one_kind():
    named = [name for names in training.ALIKE.values() for name in names]
    assert len(named) == len(set(named))
    assert set(faces.Identity.__dataclass_fields__) - set(named) == {"seed"}


def test_rank_one_counts_whose_nearest_is_their_own():
    class Colour:
        """A recogniser that looks at the mean colour."""

        def predict(self, pictures, verbose):
            mean = pictures.mean((1, 2))
            return mean / np.linalg.norm(mean, axis=-1, keepdims=True)

    gallery = np.zeros((3, 48, 48, 3), np.uint8)
    for number in range(3):
        gallery[number, ..., number] = 200
    probes = gallery[[0, 1, 1]] // 2 + 10
    assert training.rank_one(Colour(), gallery, gallery) == 1
    assert training.rank_one(Colour(), gallery, probes) == pytest.approx(2 / 3)


def test_points_are_scored_by_their_class():
    labels = np.zeros((2, 10, 10), np.int32)
    labels[:, 2:4, 5:7] = faces.CLASSES.index("eye")
    points = [{"eye": [[5, 2], [6, 3], [2, 5]]}, {"eye": [[5, 3]], "hair": [[0, 0]]}]
    scores = training.point_scores(labels, points)
    assert scores["eye"] == {"found": 0.75, "chance": 0.04, "points": 4}
    assert scores["hair"] == {"found": 0.0, "chance": 0.0, "points": 1}


def test_disturbed_photos_stay_photos():
    photo = faces.face(0, 32).photo
    rng = np.random.default_rng(0)
    for much in (0.0, 0.35, 1.0):
        other = training._disturbed(photo, rng, much)
        assert other.shape == photo.shape and other.dtype == np.float32
        assert 0 <= other.min() and other.max() <= 1
    np.testing.assert_allclose(training._disturbed(photo, rng, 0.0), photo, atol=1e-6)


@pytest.mark.slow
def test_a_recogniser_learns():
    pictures = training.portraits(range(24), 2)
    network = training.train_recogniser(pictures, 25)
    vectors = network.predict(pictures[:, 0] / np.float32(255), verbose=0)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert training.rank_one(network, pictures[:, 0], pictures[:, 1]) > 0.3  # chance: 1/24


@pytest.mark.slow
def test_a_reader_of_parts_learns():
    pairs = training.labelled(range(12))
    assert pairs[0][0].shape == (85, 85, 3) and pairs[0][1].dtype == np.uint8
    network = training.train_parts(pairs, 90)
    photos = np.stack([photo for photo, _ in pairs[:4]])
    labels = training.read_parts(network, photos)
    assert labels.shape == (4, 85, 85) and labels.dtype == np.int32
    truth = np.stack([regions for _, regions in pairs[:4]])
    classes = np.unique(truth)  # rare ones weigh as much as frequent ones, as in the training
    recall = np.mean([(labels[truth == number] == number).mean() for number in classes])
    assert recall > 1 / len(classes) + 0.1  # one class everywhere: 1 / len(classes)


@pytest.mark.slow
def test_the_evidence_is_made_in_small(tmp_path, monkeypatch):
    from course_utils import images, paths

    monkeypatch.setattr(training, "ALIKE", {"colours": training.ALIKE["colours"]})
    found = training.drawn_people(seeds=(0,), people=6, views=2, steps=2, others=4)
    assert 0 <= found["summary"]["rank_one"]["mean"] <= 1 and found["people"] == 6
    assert set(found["runs"][0]["alike"]) == {"colours"}
    (tmp_path / "portraits").mkdir()
    images.write_image(tmp_path / "portraits" / "a.png", faces.face(1, 64).photo)
    (tmp_path / "portraits" / "points.json").write_text(json.dumps({"a.png": {"eye": [[30, 30]]}}))
    monkeypatch.setattr(paths, "data_dir", lambda: tmp_path)
    found = training.parts_of_portraits(people=3, steps=2)
    assert found["pictures"] == 1 and set(found["summary"]) == {"eye"}
