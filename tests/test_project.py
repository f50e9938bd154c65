"""Lesson 09: what a folder could be, haze and its opposite, the network, card, poster and game."""

import json

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest

from course_utils import images, paths
from course_utils.data import project as data
from course_utils.data.folders import Photograph
from course_utils.models import project as models
from course_utils.show.choice_way import ROWS, choice_way
from course_utils.show.haze_way import haze_way
from course_utils.teach import bets, gallery, model_card, poster
from course_utils.teach.game import Game
from drawn_worlds import houses

RNG = np.random.default_rng(0)
PHOTOS = {f"{n}.png": houses.facade(n, 64).photo for n in range(3)}
LABELS = {f"{n}.png": houses.colour(houses.facade(n, 64).labels) for n in range(3)}


def filled(folder, **piles):
    for pile, pictures in piles.items():
        for name, picture in pictures.items():
            images.write_image(folder / pile / name, picture)
    return folder


def lessons_of(folder):
    return [way.lesson for way in data.possible(folder)]


# What a folder could be ------------------------------------------------------------------------------


def test_label_maps_pairs_and_two_piles(tmp_path):
    others = {f"a{name}": picture for name, picture in PHOTOS.items()}
    grey = {name: images.to_grey(picture) for name, picture in PHOTOS.items()}
    assert lessons_of(filled(tmp_path / "a", photos=PHOTOS, labels=LABELS))[:2] == ["01", "02"]
    assert lessons_of(filled(tmp_path / "b", colour=PHOTOS, grey=grey))[0] == "02"
    assert lessons_of(filled(tmp_path / "c", trainA=PHOTOS, trainB=others))[0] == "03"


def test_one_file_with_both_one_picture_and_clean_ones(tmp_path):
    both = {name: np.hstack([PHOTOS[name], LABELS[name]]) for name in PHOTOS}
    assert lessons_of(filled(tmp_path / "a", train=both, val=both)) == ["02"]
    assert lessons_of(filled(tmp_path / "b", mine={"0.png": PHOTOS["0.png"]})) == ["04"]
    assert lessons_of(filled(tmp_path / "c", train=PHOTOS, test=LABELS)) == ["05", "06", "09"]


def test_a_list_beside_the_pictures_and_a_torn_file(tmp_path):
    folder = filled(tmp_path, images=PHOTOS)
    (folder / "instances.json").write_text("{}", encoding="utf-8")
    (folder / "images" / "0.png").write_bytes(b"torn")
    assert lessons_of(folder)[0] == "07"


def test_a_folder_without_pictures_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="no picture"):
        data.possible(tmp_path)


# Views ---------------------------------------------------------------------------------------------


def test_a_folder_of_ones_own_is_split_by_source(tmp_path, monkeypatch):
    pictures = {f"{n}.png": RNG.random((20, 30, 3)) for n in range(20)}
    filled(tmp_path, mine=pictures, other={"0.png": RNG.random((9, 9, 3))})
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    train, test = data.load("mine", side=16)
    assert len(train) + len(test) == 20 and train and test
    assert {one.picture.shape for one in train + test} == {(16, 16, 3)}
    assert not {one.source for one in train} & {one.source for one in test}
    train, test = data.load("mine", tmp_path / "other", side=16)
    assert (len(train), len(test)) == (20, 1)


def test_the_same_picture_on_both_sides_is_an_error(tmp_path, monkeypatch):
    pictures = {f"{n}.png": RNG.random((9, 9, 3)) for n in range(3)}
    filled(tmp_path, mine=pictures, other={"x.png": pictures["1.png"]})
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    with pytest.raises(ValueError, match="is in the training data"):
        data.load("mine", tmp_path / "other")


def test_drawn_views_are_drawn_at_the_first_look():
    train, test = data.load("synthetic")
    assert len(train) == 120 and len(test) == 24 and "drawn" not in vars(train[0])
    assert train[0].picture.shape == (64, 64, 3)


# Haze ------------------------------------------------------------------------------------------------


def test_haze_by_hand_and_back():
    picture, t, air = np.float32([[[0.2, 0.4, 0.6]]]), np.array([[0.25]]), np.array([1, 0.8, 0])
    there = data.veiled(picture, t, air)
    assert there[0, 0] == pytest.approx([0.05 + 0.75, 0.1 + 0.6, 0.15])
    assert np.allclose(data.unveiled(there, t, air), picture, atol=1e-6)
    nearly = data.unveiled(there, np.zeros((1, 1)), air, least=0.5)
    assert nearly[0, 0] == pytest.approx((there[0, 0] - air) / 0.5 + air)


def test_haze_is_thicker_at_the_top_and_the_same_for_a_seed():
    ts = np.stack([data.haze((32, 24), np.random.default_rng(n))[0] for n in range(30)])
    assert ts.shape == (30, 32, 24) and ts.min() > 0 and ts.max() < 1
    assert ts[:, :8].mean() < ts[:, -8:].mean() - 0.2
    pictures = RNG.random((3, 8, 8, 3))
    once = data.hazy(pictures, 5)
    assert np.array_equal(once, data.hazy(pictures, 5)) and once.dtype == np.float32
    assert np.array_equal(once[:2], data.hazy(pictures[:2], 5))


def test_examples_are_a_view_and_the_same_in_haze():
    example = data.Hazes([Photograph("a", np.full((8, 8, 3), 0.1, np.float32), "a", "")])
    hazy, clean = example(np.random.default_rng(0))
    assert hazy.shape == clean.shape == (8, 8, 3) and (hazy >= clean).all()
    with pytest.raises(ValueError, match="there is none"):
        data.Hazes([])


def test_the_dark_channel_takes_even_haze_off_and_leaves_none():
    clean = RNG.random((48, 48, 3)).astype(np.float32)
    clean[:8, :8] = 1  # so thick is the haze there that only the air is seen
    t = np.full((48, 48), 0.5)
    t[:8, :8] = 0
    air = np.float32([0.8, 0.8, 0.9])
    hazy = data.veiled(clean, t, air)
    cleared = data.dark_channel(hazy, share=1.0)
    inside = np.s_[16:-8, 16:-8]
    assert np.abs(cleared - clean)[inside].mean() < 0.3 * np.abs(hazy - clean)[inside].mean()


# The network -----------------------------------------------------------------------------------------


class Knows:
    """Stands for a network that knows the haze: t = 0.5, and the air."""

    def predict(self, small, verbose):
        count = len(small)
        return np.full((count, 32, 32, 1), 0.5, np.float32), np.full((count, 1, 1, 3), 0.8)


def test_what_is_known_of_the_haze_clears_pictures_of_any_size():
    clean = RNG.random((2, 48, 40, 3)).astype(np.float32)
    hazy = np.stack([data.veiled(each, np.full((48, 40), 0.5), [0.8] * 3) for each in clean])
    assert np.allclose(models.clear(Knows(), hazy), clean, atol=1e-5)


def test_the_network_answers_light_and_air_and_learns_through_them():
    keras.utils.set_random_seed(0)
    network = models.haze_network(base=4, depth=2)
    small = RNG.random((2, 32, 32, 3)).astype(np.float32)
    t, air = network.predict(small, verbose=0)
    assert t.shape == (2, 32, 32, 1) and air.shape == (2, 1, 1, 3)
    assert t.min() >= models.LEAST and t.max() <= 1 and 0 <= air.min() and air.max() <= 1
    learned = models.learning(network).predict(small, verbose=0)
    expected = np.stack([data.unveiled(*each, 0) for each in zip(small, t[..., 0], air[:, 0, 0])])
    assert np.allclose(learned, expected, atol=1e-4)


def test_scores_are_means_over_the_pictures():
    truths = np.zeros((2, 12, 12, 3))
    told = models.scores(truths, np.stack([truths[0] + 0.1, truths[0] + 0.01]))
    assert told["psnr"] == pytest.approx(30) and 0 < told["ssim"] < 1


# Figures, card, poster --------------------------------------------------------------------------------


def test_both_diagrams():
    picture = RNG.random((8, 8, 3))
    plt.close(choice_way([(picture, picture)] * len(ROWS)))
    plt.close(haze_way(picture, picture, picture[..., 0], picture[0, 0], picture))
    with pytest.raises(ValueError, match="6 rows"):
        choice_way([])


def test_a_model_card_has_all_parts_and_a_baseline(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(paths, "WORK", tmp_path)
    told = {part: f"About {part}." for part in model_card.PARTS}
    measured = {"nothing": {"psnr": 16.25}, "network": {"psnr": 22.5}}
    text = model_card.model_card("card", told, measured)
    assert (tmp_path / "card.md").read_text(encoding="utf-8") == text
    assert "| network | 22.5 |" in text and text.index("| network") < text.index(
        "**Where it fails.**"
    )
    with pytest.raises(ValueError, match="baseline"):
        model_card.model_card("card", told, {"network": {"psnr": 1}})
    with pytest.raises(ValueError, match="has the parts"):
        model_card.model_card("card", {}, measured)
    monkeypatch.setattr(paths, "WORK", tmp_path / "card.md")
    model_card.model_card("card", told, measured)
    assert "Not kept" in capsys.readouterr().out


def test_the_poster_fits_one_page_with_and_without_bets(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "WORK", tmp_path)
    pictures = {f"{n:02}": RNG.random((8, 8, 3)) for n in range(11)}
    made = [{"guess": n / 5, "truth": 0.5} for n in range(6)]
    for some in ([], made[:2], made):
        figure = poster.poster(pictures, some)
        assert tuple(figure.get_size_inches()) == poster.A4
        assert "poster.pdf" in poster.print_out(figure)
        plt.close(figure)
    assert (tmp_path / "poster.pdf").read_bytes().startswith(b"%PDF")
    with pytest.raises(ValueError, match="room for 11"):
        poster.poster({str(n): 0 for n in range(12)}, [])


def test_a_network_that_is_missing_costs_its_picture_alone(monkeypatch, capsys):
    def missing(you):
        raise ValueError("It is missing.")

    monkeypatch.setattr(poster, "WAYS", {"10 gone": missing, "00 you": lambda you: you})
    made = poster.through_all(np.zeros((4, 4, 3)), {"09 haze": 1})
    assert list(made) == ["00 you", "09 haze"] and capsys.readouterr().out == "It is missing.\n"


@pytest.mark.slow
def test_every_network_of_the_poster_answers_a_picture():
    you = RNG.random((256, 256, 3)).astype(np.float32)
    made = poster.through_all(you)
    assert list(made) == sorted(poster.WAYS)
    assert all(np.isfinite(each).all() and each.ndim in (2, 3) for each in made.values())


# Bets that are kept -----------------------------------------------------------------------------------


@pytest.fixture
def kept(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_RESULTS", str(tmp_path))
    return tmp_path / "bets.json"


def bet(guess, truth, question="How much?"):
    game = bets.Bets()
    game.ask("it", question, 10, 20)
    if guess is not None:
        game._sliders["it"].value = guess
    game.reveal("it", truth)


def test_a_bet_is_kept_once_as_shares_of_its_slider(kept):
    assert bets.kept() == []
    bet(12, 18)
    bet(18, 18)  # the answer is known by now
    bet(15.5, 10, "And this?")
    assert bets.kept() == [{"guess": 0.2, "truth": 0.8}, {"guess": 0.55, "truth": 0.0}]
    assert "How much?" in json.loads(kept.read_text(encoding="utf-8"))


def test_a_slider_that_nobody_moved_is_no_bet(kept):
    bet(None, 18)
    assert bets.kept() == [] and not kept.exists()


def test_a_damaged_file_and_a_full_disk_stop_no_lesson(kept, monkeypatch, capsys):
    kept.write_text("{", encoding="utf-8")
    assert bets.kept() == []

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(paths, "write_atomically", full)
    bet(12, 18)
    assert "(Not remembered: No space left on device.)" in capsys.readouterr().out


# The game ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rounds():
    return gallery.rounds()


def test_ten_rounds_each_with_a_picture_three_choices_and_a_reason(rounds):
    assert len(rounds) == 10 and len({one.right + one.why for one in rounds}) == 10
    for one in rounds:
        assert one.picture.dtype == np.float32 and one.picture.shape[-1] == 3
        assert 0 <= one.picture.min() and one.picture.max() <= 1 and np.ptp(one.picture) > 0.3
        assert one.right in one.choices and len(set(one.choices)) == 3
        assert one.why.count(".") >= 2
    places = [one.choices.index(one.right) for one in rounds]
    assert len(set(places)) == 3  # the right one isn't always the same button


def test_the_same_seed_is_the_same_game(rounds):
    again = gallery.rounds()
    assert [one.right for one in again] == [one.right for one in rounds]
    assert [one.right for one in gallery.rounds(1)] != [one.right for one in rounds]


def test_a_game_counts_explains_and_ends(rounds):
    game = Game(rounds[:2])
    right = next(b for b in game.buttons if b.description == rounds[0].right)
    right.click()
    assert game.score == (1, 1) and "Right." in game.verdict.value
    assert all(button.disabled for button in game.buttons) and not game.next.disabled
    game.next.click()
    next(b for b in game.buttons if b.description != rounds[1].right).click()
    assert game.score == (1, 2) and rounds[1].right in game.verdict.value
    game.next.click()
    assert "1 of 2" in game.verdict.value and game.next.disabled
    with pytest.raises(ValueError, match="needs rounds"):
        Game([])
