import base64
import io
import itertools
import math
from collections import Counter

import numpy as np
import pytest
from PIL import Image
from scipy.stats import binomtest

from course_utils.teach import vote

BLACK, WHITE, GREY = (np.full((4, 8, 8, 3), value, np.float32) for value in (0, 1, 0.5))


def by_hand(successes, trials, z=1.959963984540054):
    """Wilson's formula."""
    share = successes / trials
    middle = (share + z**2 / (2 * trials)) / (1 + z**2 / trials)
    half = (
        math.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2)) * z / (1 + z**2 / trials)
    )
    return middle - half, middle + half


@pytest.mark.parametrize("counts", [(0, 1), (1, 1), (2, 7), (5, 10), (0, 40), (399, 400)])
def test_the_interval_is_wilsons(counts):
    assert vote.wilson(*counts) == pytest.approx(by_hand(*counts), abs=1e-12)
    assert vote.wilson(*counts) == tuple(binomtest(*counts).proportion_ci(method="wilson"))


def test_the_interval_in_figures():
    assert vote.wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    z2 = 1.959963984540054**2
    assert vote.wilson(0, 10) == pytest.approx((0, z2 / (10 + z2)))  # 0 is not surely 0


@pytest.mark.parametrize("counts", [(3, 2), (-1, 2), (0, 0), (1, -1)])
def test_counts_that_cannot_be_have_no_interval(counts):
    with pytest.raises(ValueError):
        vote.wilson(*counts)


@pytest.mark.parametrize(("pictures", "makers"), [(6, 2), (5, 3), (1, 2), (4, 1)])
def test_every_pair_comes_once_before_any_comes_again(pictures, makers):
    stream, cycle = vote.pairs(pictures, makers), pictures * makers
    for _ in range(2):
        seen = list(itertools.islice(stream, cycle))
        assert len(set(seen)) == cycle
        for start in range(0, cycle, pictures):
            assert len({picture for picture, _ in seen[start : start + pictures]}) == pictures
        if pictures % makers == 0:
            for start in range(0, cycle, makers):
                assert len({maker for _, maker in seen[start : start + makers]}) == makers


def test_pairs_are_random_and_repeatable():
    first, again, other = (list(itertools.islice(vote.pairs(8, 2, s), 16)) for s in (0, 0, 1))
    assert first == again != other


def press(game, right):
    """Answer right or wrong, and go on."""
    game.buttons[game.truth if right else 1 - game.truth].click()
    said = game.verdict.value, game.score.value.replace("\N{NO-BREAK SPACE}", " ")
    game.next.click()
    return said


def test_the_score_adds_up():
    game = vote.Vote(WHITE, {"autoencoder": BLACK, "GAN": GREY})
    makers, wrong = Counter(), Counter()
    for answer in range(16):
        maker = game.maker
        makers[maker] += 1
        wrong[maker] += answer % 3 == 0
        verdict, score = press(game, right=answer % 3 > 0)
        assert verdict.startswith("Wrong:" if answer % 3 == 0 else "Right:")
        assert verdict.endswith(f"the other was made by the {maker}.")
    assert game.taken == {name: [wrong[name], makers[name]] for name in ("autoencoder", "GAN")}
    assert makers == {"autoencoder": 8, "GAN": 8}
    low, high = (round(100 * share) for share in vote.wilson(wrong["GAN"], 8))
    assert f"GAN: taken for real {wrong['GAN']} of 8 times ({low} % to {high} %)" in score


def test_only_a_maker_that_was_seen_has_a_score_and_a_name_is_text():
    game = vote.Vote(WHITE, {"<b>": BLACK, "GAN": GREY}, seed=3)
    name = game.maker.replace("<b>", "&lt;b&gt;")
    verdict, score = press(game, right=True)
    assert name in verdict and score == f"{name}: taken for real 0 of 1 times (0 % to 79 %)"


def test_a_pair_is_answered_once_and_then_the_next_may_come():
    game = vote.Vote(WHITE, {"GAN": BLACK})
    assert [b.disabled for b in (*game.buttons, game.next)] == [False, False, True]
    game.buttons[0].click()
    assert [b.disabled for b in (*game.buttons, game.next)] == [True, True, False]
    game.next.click()
    assert game.verdict.value == "" and not game.buttons[1].disabled


def seen(game):
    """The grey in the middle of the left and of the right picture."""
    png = base64.b64decode(game.picture.value.split("base64,")[1].split('"')[0])
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("L"))
    height, width = pixels.shape
    return pixels[height // 2, width // 4], pixels[height // 2, 3 * width // 4]


def test_the_order_is_random_and_only_the_pixels_tell_it():
    game, sides, around = vote.Vote(WHITE, {"GAN": BLACK}), Counter(), set()
    for _ in range(40):
        assert seen(game) == ((0, 255) if game.truth else (255, 0))
        start, end = game.picture.value.split("base64,")[0], game.picture.value.split('"')[-1]
        around.add((start, end))
        sides[game.truth] += 1
        press(game, right=True)
    assert len(around) == 1 and "GAN" not in str(around)  # alt text and style are the same
    assert 10 <= sides[0] <= 30


def test_a_real_picture_on_both_sides_makes_the_same_bytes():
    games = [vote.Vote(WHITE, {"GAN": WHITE}, seed) for seed in range(8)]
    assert len({game.truth for game in games}) == 2
    assert len({game.picture.value for game in games}) == 1


def test_the_first_pair_is_shown_at_once(monkeypatch):
    shown = []
    monkeypatch.setattr(vote, "display", shown.append)
    box = vote.vote((WHITE * 255).astype(np.uint8), {"GAN": BLACK})
    assert shown == [box] and "base64," in box.children[0].value


@pytest.mark.parametrize(
    ("real", "fakes", "told"),
    [
        (WHITE, {}, "A vote needs fakes"),
        (WHITE, {"GAN": BLACK[:3]}, r"fakes are {'GAN': \(3, 8, 8, 3\)}"),
        (WHITE, {"GAN": BLACK, "other": BLACK[:, :4]}, r"'other': \(4, 4, 8, 3\)}"),
        (WHITE[0], {"GAN": BLACK[0]}, r"real is \(8, 8, 3\)"),
        (WHITE[:0], {"GAN": BLACK[:0]}, "at least one of each"),
        (WHITE, {"GAN": BLACK - 1}, "go from -1 to 0"),
    ],
)
def test_what_cannot_be_voted_on_is_a_sentence(real, fakes, told):
    with pytest.raises(ValueError, match=told) as error:
        vote.Vote(real, fakes)
    assert "\n" not in str(error.value)
