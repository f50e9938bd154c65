import functools
from dataclasses import replace

import cv2
import numpy as np
import pytest
from scipy import ndimage

from drawn_worlds import faces
from drawn_worlds.faces import CLASSES, conditions, face, identity, people, render
from drawn_worlds.faces import shape as face_shape

NUMBER = {name: number for number, name in enumerate(CLASSES)}
SPOT = {name: number for number, name in enumerate(faces.LANDMARKS)}
SEEDS = range(5000, 5040)


@functools.cache
def front():
    return [face(seed, 96, yaw=0.0, pitch=0.0, roll=0.0) for seed in SEEDS]


@functools.cache
def turned():
    return [face(seed, 64, yaw=yaw) for seed, yaw in zip(SEEDS, np.linspace(-90, 90, len(SEEDS)))]


def plain(seed, **changed):
    """A person without parting, so that left and right are alike but for strands and skin."""
    worn = {"parting": 0.0, "glasses": "none", "style": "short", "beard": "none"}
    return replace(identity(seed), **worn | changed)


def lit_from_the_front(seed, **chosen):
    return conditions(
        seed,
        **{
            "light_from": (0.0, 30.0),
            "gaze": (0.0, 0.0),
            "roll": 0.0,
            "shift": (0.0, 0.0),
            "backdrop": "plain",
        }
        | chosen,
    )


# Seeds, identity and conditions ------------------------------------------------------------------


def test_a_seed_always_draws_the_same_person():
    first, again = face(7), face(np.int64(7))
    for name in ("photo", "regions", "landmarks", "visible", "depth", "normals", "flow"):
        assert (getattr(first, name) == getattr(again, name)).all()
    assert first.identity == again.identity and first.conditions == again.conditions


def test_different_seeds_draw_different_people():
    assert len({drawn.photo.tobytes() for drawn in front()}) == len(SEEDS)
    assert len({replace(drawn.identity, seed=0) for drawn in front()}) == len(SEEDS)


def test_identity_and_conditions_are_drawn_separately():
    who = identity(3)
    one, other = (render(who, conditions(seed, yaw=0.0)) for seed in (8, 9))
    assert one.identity == other.identity == who and one.conditions != other.conditions
    assert not np.allclose(one.photo, other.photo, atol=0.1)
    assert conditions(8, yaw=12.0) == replace(conditions(8), yaw=12.0)


def test_conditions_leave_what_a_person_is_alone():
    """Clothes, backdrop and light change no region, depth or landmark of the head."""
    who, seen = identity(11), conditions(4, yaw=20.0)
    other = people.with_conditions(
        seen,
        seed=5,
        light_from=(60.0, 10.0),
        backdrop="leaves",
        strength=0.8,
        cloth=(0.5, 0.1, 0.1),
        pattern="stripes",
    )
    first, second = render(who, seen), render(who, other)
    for name in ("regions", "landmarks", "depth", "normals"):
        assert (getattr(first, name) == getattr(second, name)).all(), name


@pytest.mark.parametrize(
    "trait",
    [
        {"nose_width": 1.35},
        {"mouth_width": 1.25},
        {"eye_apart": 1.12},
        {"jaw_width": 1.2},
        {"skin": (0.1, 0.05, 0.03)},
        {"hair": (0.4, 0.2, 0.05)},
        {"brow_thick": 1.8},
        {"ear_size": 1.3},
        {"style": "afro"},
        {"beard": "full"},
        {"glasses": "round"},
        {"head_width": 1.12},
    ],
)
def test_each_trait_changes_the_picture(trait):
    who, seen = plain(2), lit_from_the_front(2, yaw=15.0)
    base = render(
        replace(who, **{name: 1.0 for name, value in trait.items() if isinstance(value, float)}),
        seen,
    ).photo
    changed = render(replace(who, **trait), seen).photo
    assert (np.abs(changed - base).max(-1) > 0.05).mean() > 0.001


def test_the_frontal_view_is_the_same_person_in_the_same_conditions():
    drawn = face(3, 64, yaw=60.0)
    straight = conditions(3, yaw=0.0, pitch=0.0, roll=0.0)
    assert drawn.frontal.identity == drawn.identity and drawn.frontal.conditions == straight
    assert (drawn.frontal.photo == render(identity(3), straight).photo).all()
    assert (drawn.frontal.frontal.photo == drawn.frontal.photo).all()


def test_people_are_various():
    crowd = [identity(seed) for seed in range(400)]
    assert {one.style for one in crowd} == set(people.STYLES)
    assert {one.beard for one in crowd} == {"none", "stubble", "moustache", "goatee", "full"}
    tones = np.array([np.mean(one.skin) for one in crowd])
    assert np.percentile(tones, 90) > 4 * np.percentile(tones, 10)
    assert 0.35 < np.mean([one.softness > 0.5 for one in crowd]) < 0.65
    assert 0.15 < np.mean([one.glasses != "none" for one in crowd]) < 0.35
    assert np.std([one.age for one in crowd]) > 0.15


# The picture -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [32, 65, 128])
def test_ranges_shapes_and_dtypes(size):
    for seed in range(3):
        drawn = face(seed, size)
        assert drawn.photo.shape == (size, size, 3) and drawn.photo.dtype == np.float32
        assert 0 <= drawn.photo.min() and drawn.photo.max() <= 1 and drawn.photo.std() > 0.05
        assert drawn.regions.shape == (size, size) and drawn.regions.dtype == np.int32
        assert set(np.unique(drawn.regions)) <= set(range(len(CLASSES)))
        assert drawn.landmarks.shape == (len(faces.LANDMARKS), 2)
        assert drawn.landmarks.dtype == np.float32
        assert drawn.depth.shape == (size, size) and drawn.depth.dtype == np.float32
        assert drawn.normals.shape == (size, size, 3) and drawn.normals.dtype == np.float32
        assert drawn.flow.shape == (size, size, 2) and drawn.flow.dtype == np.float32


@pytest.mark.slow
def test_the_largest_face_is_drawn():
    assert face(3, 512).photo.shape == (512, 512, 3)


def test_one_person_is_the_same_at_every_size():
    for seed in range(5):
        small, large, other = face(seed, 64), face(seed, 128), face(seed + 1, 128)
        shrunk = cv2.resize(large.photo, (64, 64), interpolation=cv2.INTER_AREA)
        off = np.abs(shrunk - small.photo).mean()
        assert off < 0.025
        assert off < 0.3 * np.abs(shrunk - cv2.resize(other.photo, (64, 64))).mean()
        assert (large.regions[::2, ::2] == small.regions).mean() > 0.93
        np.testing.assert_allclose(large.landmarks / 2, small.landmarks, atol=1.2)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_edges_are_smooth(seed):
    """A grey head before black has tones between the two along its outline: it is anti-aliased.

    The same head with every fourth pixel of a large picture, which is jagged, has few of them.
    """
    who = plain(seed, skin=(0.6, 0.6, 0.6), hair=(0.6, 0.6, 0.6), blush=0.0)
    seen = lit_from_the_front(seed, yaw=0.0, behind=((0.0,) * 3,) * 2)
    drawn, large = (render(who, seen, size) for size in (64, 256))
    person = drawn.regions > 0
    outline = ndimage.binary_dilation(person) & ~ndimage.binary_erosion(person)
    outline[44:] = False  # clothes have a colour of their own

    def between(photo):
        tones = photo.mean(-1)[outline]
        return np.mean((tones > 0.08) & (tones < 0.4))

    assert between(drawn.photo) > 0.15
    assert between(large.photo[2::4, 2::4]) < 0.1


def test_every_class_is_drawn_often_enough_to_be_learnt():
    labels = np.stack([drawn.regions for drawn in front()])
    seen = np.array([[(each == number).any() for number in range(len(CLASSES))] for each in labels])
    always = [
        NUMBER[name] for name in ("background", "skin", "brow", "eye", "nose", "mouth", "clothes")
    ]
    assert (seen[:, always].mean(0) >= 0.9).all()
    assert (seen.mean(0) > 0.02).all()


def test_landmarks_lie_on_their_regions():
    for drawn in front():
        for name, region in (
            ("left pupil", "eye"),
            ("right pupil", "eye"),
            ("nose tip", "nose"),
            ("mouth middle", "mouth"),
        ):
            column, row = drawn.landmarks[SPOT[name]].astype(int)
            around = drawn.regions[row - 1 : row + 2, column - 1 : column + 2]
            hidden = {NUMBER["glasses"], NUMBER["beard"]} & set(np.unique(around))
            assert NUMBER[region] in around or hidden, (drawn.identity.seed, name)
        left, right = drawn.landmarks[SPOT["left pupil"]], drawn.landmarks[SPOT["right pupil"]]
        assert right[0] - left[0] > 12 and abs(right[1] - left[1]) < 4
        assert drawn.landmarks[SPOT["chin"], 1] > drawn.landmarks[SPOT["nose tip"], 1]


def test_eyes_are_in_the_middle_of_their_lids():
    for drawn in front():
        pupil, outer, inner = (
            drawn.landmarks[SPOT[name]]
            for name in ("left pupil", "left eye outer", "left eye inner")
        )
        assert outer[0] < pupil[0] < inner[0]


def test_the_photo_has_its_edges_where_its_own_regions_have_theirs():
    def border(labels):
        return (ndimage.maximum_filter(labels, 3) != ndimage.minimum_filter(labels, 3)).ravel()

    def slope(photo):
        return np.hypot(*np.gradient(photo.mean(-1))).ravel()

    edges = np.stack([border(drawn.regions) for drawn in front()]).astype(float)
    slopes = np.stack([slope(drawn.photo) for drawn in front()])
    agreement = np.corrcoef(edges, slopes)[: len(edges), len(edges) :]
    assert np.diag(agreement).mean() > 0.3
    assert (agreement.argmax(1) == np.arange(len(edges))).mean() > 0.9


def test_a_turned_head_hides_its_far_eye_and_shows_its_nose_in_profile():
    person, seen = plain(6), lit_from_the_front(6, pitch=0.0)
    for yaw, hidden, shown in (
        (75.0, "right pupil", "left pupil"),
        (-75.0, "left pupil", "right pupil"),
    ):
        drawn = render(person, people.with_conditions(seen, yaw=yaw))
        assert drawn.visible[SPOT[shown]] and not drawn.visible[SPOT[hidden]]
        tip, chin = drawn.landmarks[SPOT["nose tip"], 0], drawn.landmarks[SPOT["chin"], 0]
        assert np.sign(tip - chin) == np.sign(yaw)
    assert render(person, people.with_conditions(seen, yaw=0.0)).visible[:22].all()


def test_left_and_right_are_mirror_images():
    person, seen = plain(9), lit_from_the_front(9)
    right, left = (
        render(person, people.with_conditions(seen, yaw=yaw), 96) for yaw in (40.0, -40.0)
    )
    assert (right.regions == left.regions[:, ::-1]).mean() > 0.97
    both = (right.depth > -5) & (left.depth[:, ::-1] > -5)
    assert np.abs(right.depth - left.depth[:, ::-1])[both].mean() < 0.02
    assert np.abs(right.photo - left.photo[:, ::-1])[both].mean() < 0.04
    mirrored = {"left": "right", "right": "left"}
    for name, number in SPOT.items():
        side = name.split()[0] if name.split()[0] in mirrored else name.split()[-1]
        other = SPOT[name.replace(side, mirrored[side])] if side in mirrored else number
        np.testing.assert_allclose(
            96 - right.landmarks[number, 0], left.landmarks[other, 0], atol=0.7
        )


def test_depth_and_normals_fit_each_other():
    """On the cheek, where nothing is steep, the normal is that of the depth's slope."""
    drawn = render(plain(4), lit_from_the_front(4, yaw=0.0, pitch=0.0), 128)
    pixel = 2 * 1.5 / drawn.conditions.zoom / 128
    down, right = np.gradient(drawn.depth, pixel)
    own = np.stack([-right, down, np.ones_like(right)], -1)
    own /= np.linalg.norm(own, axis=-1, keepdims=True)
    skin = ndimage.binary_erosion(drawn.regions == NUMBER["skin"], iterations=3)
    assert np.mean(np.sum(own * drawn.normals, -1)[skin]) > 0.985
    length = np.linalg.norm(drawn.normals, axis=-1)
    np.testing.assert_allclose(length[drawn.depth > -5], 1, atol=0.02)
    assert (length[drawn.depth < -5] == 0).all() and drawn.normals[..., 2].min() > -0.4


def test_the_light_comes_from_where_it_is_said_to_come():
    for seed in (1, 5, 8):
        who = plain(seed)
        left, right = (
            render(who, conditions(seed, yaw=0.0, light_from=(side, 20.0))).photo
            for side in (-70.0, 70.0)
        )
        skin = render(who, conditions(seed, yaw=0.0)).regions == NUMBER["skin"]
        columns = np.nonzero(skin)[1]
        west = skin & (np.arange(64) < columns.mean())
        east = skin & (np.arange(64) > columns.mean())
        assert left[west].mean() > 1.1 * left[east].mean()
        assert right[east].mean() > 1.1 * right[west].mean()


def test_nothing_shines_through_a_head():
    """Inside the outline of a person there is no hole, but for a chink between ear and hair."""
    for drawn in turned() + front():
        holes = ndimage.binary_fill_holes(drawn.regions > 0) & (drawn.regions == 0)
        assert holes.sum() <= 4 or drawn.identity.glasses != "none", drawn.identity.seed


def test_an_expression_moves_the_mouth():
    who, seen = plain(3), lit_from_the_front(3, yaw=0.0, mouth_open=0.0)
    glad, sad, awed = (
        render(who, people.with_conditions(seen, **each), 128)
        for each in ({"smile": 1.0}, {"smile": -0.5}, {"smile": 0.0, "mouth_open": 1.0})
    )
    corners = [SPOT["mouth left"], SPOT["mouth right"]]
    lift = [
        np.mean(each.landmarks[corners, 1]) - each.landmarks[SPOT["mouth middle"], 1]
        for each in (glad, sad)
    ]
    assert lift[0] < lift[1] - 3
    assert (awed.regions == NUMBER["mouth"]).sum() > 1.3 * (sad.regions == NUMBER["mouth"]).sum()


# The chart ---------------------------------------------------------------------------------------


def test_rays_meet_a_ball_where_they_should():
    camera = face_shape.Camera(conditions(0, yaw=35.0, pitch=10.0, shift=(0.0, 0.0)), 64)
    spot, z = face_shape.trace(camera, np.full((96, 96), 0.8, np.float32))
    x = (camera.x[spot[1]] - camera.origin[0])[None, :]
    y = (camera.y[spot[0]] - camera.origin[1])[:, None]
    inside = x * x + y * y < (0.8 - camera.pixel) ** 2
    wanted = np.sqrt(np.maximum(0.64 - x * x - y * y, 0)) + camera.origin[2]
    assert np.abs(z - wanted)[inside].max() < camera.pixel
    assert (z[x * x + y * y > (0.8 + 1.5 * camera.pixel) ** 2] == face_shape.FAR).all()


def test_rays_meet_an_ellipsoid_where_they_should():
    camera = face_shape.Camera(conditions(0, yaw=-50.0), 128)
    shape = face_shape.egg((0.3, 0.1, -0.2), (0.5, 0.3, 0.2), 0.4, 0.2)
    spot, z = face_shape.cast(camera, shape)
    rows, columns = np.nonzero(z > face_shape.FAR)
    on_it = camera.to_head(camera.x[spot[1]][columns], camera.y[spot[0]][rows], z[rows, columns])
    ball = shape.inward @ (on_it - shape.centre[:, None])
    assert len(rows) > 200
    np.testing.assert_allclose(np.linalg.norm(ball, axis=0), 1, atol=2e-3)


def test_the_chart_gives_back_what_was_put_into_it():
    way = np.random.default_rng(0).normal(size=(3, 500)).astype(np.float32)
    way /= np.linalg.norm(way, axis=0)
    way = way[:, way[2] > -0.9]
    for plane, wanted in zip(face_shape.chart(128).directions, way, strict=True):
        np.testing.assert_allclose(face_shape.look_up(plane, way), wanted, atol=0.01)


def test_normals_of_a_ball_point_outwards():
    normal = face_shape.normals(np.full((96, 96), 0.9, np.float32))
    d, line = face_shape.chart(96).directions, np.linspace(-face_shape.REACH, face_shape.REACH, 96)
    assert np.sum(normal * d, 0)[np.hypot(line[:, None], line) < 1.9].min() > 0.99


# Errors -------------------------------------------------------------------------------------------


def test_errors_say_what_was_wrong():
    with pytest.raises(ValueError, match="size must be 32 to 512 pixels, not 31"):
        face(0, 31)
    with pytest.raises(ValueError, match="size must be 32 to 512 pixels, not 513"):
        face(0, 513)
    with pytest.raises(TypeError, match="size must be a whole number"):
        face(0, 64.0)
    with pytest.raises(ValueError, match="seed must be 0 or more"):
        identity(-1)
    with pytest.raises(TypeError, match="seed must be a whole number"):
        conditions("7")
    with pytest.raises(ValueError, match="yaw must be -90 to 90 degrees, not 91"):
        conditions(0, yaw=91)
    with pytest.raises(TypeError, match="'yam' is no condition; there are: seed, yaw"):
        conditions(0, yam=3)
