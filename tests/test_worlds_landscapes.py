import functools

import cv2
import numpy as np
import pytest
from skimage.color import rgb2lab

from drawn_worlds.landscapes import (
    CLASSES,
    COLOURS,
    OBJECTS,
    PALETTE,
    SEASONS,
    TIMES,
    WEATHERS,
    landscape,
)

SEEDS = range(500, 518)
NUMBER = {name: number for number, name in enumerate(CLASSES)}


@functools.cache
def landscapes():
    return [landscape(seed, 48) for seed in SEEDS]


def share(one, *names):
    return np.isin(one.regions, [NUMBER[name] for name in names]).mean()


def test_a_seed_always_draws_the_same_landscape():
    first, again = landscape(500, 48), landscapes()[0]
    assert (first.photo == again.photo).all() and (first.regions == again.regions).all()
    assert len({each.photo.tobytes() for each in landscapes()}) == len(SEEDS)


def test_ranges_shapes_and_dtypes():
    assert PALETTE.shape == (len(CLASSES), 3) and PALETTE.dtype == np.float32
    for each in (*landscapes(), landscape(7, 32), landscape(7, 131)):
        size = len(each.photo)
        assert each.photo.shape == (size, size, 3) and each.photo.dtype == np.float32
        assert each.photo.min() >= 0 and each.photo.max() <= 1 and each.photo.std() > 0.03
        assert each.regions.shape == (size, size) and each.regions.dtype == np.int32
        assert 0 <= each.regions.min() <= each.regions.max() < len(CLASSES)
        assert each.object_mask.shape == (size, size) and each.object_mask.dtype == bool
        assert each.season in SEASONS and each.time in TIMES and each.weather in WEATHERS


def test_all_that_can_be_drawn_occurs():
    seen = np.unique(np.concatenate([each.regions.ravel() for each in landscapes()]))
    assert len(seen) == len(CLASSES)
    for name, kinds in (("season", SEASONS), ("time", TIMES), ("weather", WEATHERS)):
        assert {getattr(each, name) for each in landscapes()} == set(kinds)
    assert len({each.object for each in landscapes()} - {"none"}) >= 5


def test_the_sky_is_above_the_land():
    rows = np.arange(48)[:, None] * np.ones((48, 48))
    for each in landscapes():
        sky = np.isin(each.regions, [NUMBER["sky"], NUMBER["cloud"]])
        assert sky.mean() > 0.15 and rows[sky].max() < 0.65 * 48
        assert not sky[-1].any()


@pytest.mark.parametrize("seed", [500, 503, 507])
def test_a_seed_is_the_same_picture_at_every_size(seed):
    small, large = landscape(seed, 48), landscape(seed, 192)
    shrunk = cv2.resize(large.photo, (48, 48), interpolation=cv2.INTER_AREA)
    assert np.corrcoef(shrunk.ravel(), small.photo.ravel())[0, 1] > 0.93
    assert (large.regions[2::4, 2::4] == small.regions).mean() > 0.9
    assert abs(large.object_mask.mean() - small.object_mask.mean()) < 0.01
    detail = large.photo - cv2.resize(shrunk, (192, 192), interpolation=cv2.INTER_CUBIC)
    assert detail.std() > 0.01


def test_water_mirrors_what_stands_above_it():
    """The rows below a shore are like those above it upside down, and less like those above it."""
    likeness = []
    for seed in (521, 523, 525, 526, 530, 533, 535):
        one = landscape(seed, 64, weather="haze", time="noon", object="none")
        grey, water = one.photo.mean(-1), one.regions == NUMBER["water"]
        pairs = []
        for column in range(64):
            top = int(np.argmax(water[:, column]))
            if top >= 8 and water[top : top + 8, column].all():
                pairs.append((grey[top - 8 : top, column], grey[top : top + 8, column]))
        above, below = np.moveaxis(pairs, 1, 0)
        likeness.append(
            [np.corrcoef(part.ravel(), below.ravel())[0, 1] for part in (above[:, ::-1], above)]
        )
    turned, kept = np.mean(likeness, 0)
    assert turned > 0.7 and kept < turned - 0.3


def test_seasons_change_colours_where_something_grows_and_nothing_in_the_sky():
    for seed in (500, 501, 502):
        year = [
            landscape(seed, 48, season=season, weather="clear", time="noon") for season in SEASONS
        ]
        sky = np.all([each.regions == NUMBER["sky"] for each in year], 0)
        green = np.all([each.regions == NUMBER["meadow"] for each in year], 0)
        spring, summer, autumn, winter = (rgb2lab(each.photo)[green].mean(0) for each in year)
        assert spring[1] < summer[1] < autumn[1]  # from green to red
        assert winter[0] > max(spring[0], summer[0], autumn[0])  # snow is lighter
        assert np.hypot(*winter[1:]) < np.hypot(*summer[1:])
        hues = [rgb2lab(each.photo)[sky].mean(0)[1:] for each in year]
        assert np.ptp(hues, 0).max() < 6 < np.ptp([spring[1:], winter[1:]], 0).max()


def test_nights_are_dark_dusk_is_warm_and_haze_takes_contrast():
    for seed in (500, 501, 502):
        noon, dusk, night = (
            rgb2lab(landscape(seed, 48, time=time, weather="clear").photo).reshape(-1, 3).mean(0)
            for time in ("noon", "dusk", "night")
        )
        assert night[0] < dusk[0] < noon[0] and dusk[1] > noon[1]
    clear, haze = (
        np.mean(
            [landscape(seed, 48, weather=weather, time="noon").photo.std() for seed in SEEDS[:8]]
        )
        for weather in ("clear", "haze")
    )
    assert haze < clear


@pytest.mark.parametrize("kind", OBJECTS)
def test_grey_does_not_tell_the_colour_of_an_object(kind):
    time, weather = TIMES[len(kind) % 4], WEATHERS[OBJECTS.index(kind) % 4]
    eight = [
        landscape(530, 64, object=kind, colour=colour, time=time, weather=weather)
        for colour in range(len(COLOURS))
    ]
    mask = eight[0].object_mask
    assert mask.sum() >= 6 and eight[0].object == kind
    assert [each.object_colour for each in eight] == list(range(8))
    assert all((each.object_mask == mask).all() for each in eight)
    assert all((each.regions == eight[0].regions).all() for each in eight)
    assert (eight[0].regions[mask] == NUMBER["object"]).all()
    lab = np.stack([rgb2lab(each.photo) for each in eight])
    assert np.ptp(lab[..., 0], axis=0).max() < 0.1
    chroma = lab[:, mask, 1:].mean(1)
    apart = np.linalg.norm(chroma[:, None] - chroma, axis=-1)[np.triu_indices(8, 1)]
    assert apart.min() > 8 and np.linalg.norm(chroma, axis=1).min() > 10
    around = (
        cv2.dilate((eight[0].regions == NUMBER["object"]).astype(np.uint8), np.ones((9, 9))) > 0
    )
    around |= np.isin(eight[0].regions, [NUMBER["water"]])  # which mirrors a boat
    assert np.ptp(lab, axis=0)[~around].max() < 0.1


def test_every_object_is_seen_in_every_landscape():
    for seed, kind in enumerate(OBJECTS * 3):
        assert landscape(600 + seed, 64, object=kind).object_mask.sum() >= 4, (seed, kind)


def test_without_an_object_there_is_no_mask():
    one = landscape(500, 48, object="none", colour=3)
    assert one.object == "none" and one.object_colour == -1
    assert not one.object_mask.any() and share(one, "object") == 0


def test_most_landscapes_have_an_object_and_all_its_colours_come():
    drawn = [landscape(seed, 32) for seed in range(45)]
    assert 0.75 < np.mean([each.object != "none" for each in drawn]) < 1
    assert {each.object_colour for each in drawn} == {-1, *range(8)}


def test_errors_say_what_was_wrong():
    with pytest.raises(ValueError, match="size must be 32 to 512 pixels, not 16"):
        landscape(0, 16)
    with pytest.raises(TypeError, match="seed must be a whole number"):
        landscape(0.5)
    with pytest.raises(ValueError, match="seed must be 0 or more"):
        landscape(-1)
    with pytest.raises(TypeError, match="'shape' can't be chosen; season, time, weather"):
        landscape(0, 32, shape="round")
    with pytest.raises(ValueError, match="object must be one of none, balloon"):
        landscape(0, 32, object="dragon")
    with pytest.raises(ValueError, match="colour must be one of 0, 1"):
        landscape(0, 32, colour=8)
