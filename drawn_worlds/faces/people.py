"""Who is drawn and how: the drawn people's identities, and the conditions that they are seen in.

An identity is what stays when a person turns, smiles and changes clothes; the conditions are the
rest. The two come from seeds of their own, so that one person can be drawn from every side and in
every light, and many people in one. Lengths are in units of about 10 cm; factors are 1 on average.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from numbers import Integral

import numpy as np

from drawn_worlds.textures import ink as ink_of
from drawn_worlds.textures import pick

ink = cache(ink_of)  # nothing here writes into a colour
Colour = tuple[float, float, float]  # linear light

SKIN = (
    "#f0cfbb",
    "#ebc0a4",
    "#e2b18e",
    "#d9a27c",
    "#c98d66",
    "#b27650",
    "#9a6544",
    "#835339",
    "#6e4430",
    "#5c3828",
)
EYES = (
    "#5b3a22",
    "#5b3a22",
    "#4a2e1c",
    "#3a2416",
    "#6d4a2a",
    "#7a7a3c",
    "#56743f",
    "#4f7d96",
    "#6a97b4",
    "#7b8a94",
)
HAIR = (
    "#1a1412",
    "#231914",
    "#35231a",
    "#4b3020",
    "#65422a",
    "#85592f",
    "#a97c46",
    "#cfa869",
    "#8c3f1e",
    "#a8582a",
)
GREY = ("#8d8a88", "#b9b6b2", "#dad7d2")
FABRICS = (
    "#2f4a6d",
    "#8e2f36",
    "#3f5e4a",
    "#d9d4c8",
    "#4a4650",
    "#c08a2e",
    "#6d4f75",
    "#27292e",
    "#a9c0cf",
    "#b5634a",
    "#e3c9c0",
    "#5e7f8c",
    "#7f8b5a",
    "#f0ece4",
    "#35507f",
)
BACKDROPS = (
    "#b9c4cc",
    "#8fa6b2",
    "#d8cdbd",
    "#a7b39a",
    "#c9a88f",
    "#7c8a99",
    "#5d6b78",
    "#d5c2c5",
    "#9aa58c",
    "#6f7f77",
    "#c4b59b",
    "#e2ddd3",
    "#4b5563",
    "#8a7668",
)
STYLES = (
    "bald",
    "cropped",
    "short",
    "quiff",
    "fringe",
    "curly",
    "afro",
    "bob",
    "long",
    "wavy",
    "bun",
    "scarf",
)


@dataclass(frozen=True)
class Identity:
    """What a person is; nothing of it changes with the conditions.

    Colours are linear light. `seed` draws what has no name: freckles, strands, small asymmetries.
    `style` is one of `STYLES`; `beard` "none", "stubble", "moustache", "goatee" or "full";
    `glasses` "none", "round", "oval", "square" or "thin".
    """

    seed: int
    age: float  # 0 young … 1 old
    softness: float  # 0 angular … 1 soft: jaw, brows, lips
    head_width: float
    head_height: float
    jaw_width: float
    chin: float  # how far it stands out
    chin_drop: float  # how far down it reaches
    cheeks: float
    brow_ridge: float
    eye_apart: float
    eye_size: float
    eye_open: float
    eye_tilt: float  # radians, outer corners up
    eye_height: float
    lid: float  # 0 no crease … 1 a deep one
    eye_colour: Colour
    brow_thick: float
    brow_arch: float
    brow_height: float
    nose_length: float
    nose_width: float
    nose_high: float
    nose_tip: float  # -1 turned down … 1 turned up
    nose_hump: float
    mouth_width: float
    mouth_height: float
    upper_lip: float
    lower_lip: float
    lip_colour: Colour
    ear_size: float
    ear_out: float
    neck_width: float
    shoulders: float
    skin: Colour
    blush: float
    freckles: float
    style: str
    hair: Colour
    grey: float
    hairline: float  # higher is further up
    recede: float  # temples
    volume: float
    wave: float  # 0 straight … 1 curly
    parting: float  # -1 left … 1 right
    scarf: Colour
    beard: str
    glasses: str
    frame: Colour


@dataclass(frozen=True)
class Conditions:
    """How a person is seen; in degrees, `light_from` (azimuth, elevation) as the viewer has it.

    yaw -90 … 90: the face turns to the picture's right where it is positive. `smile` -1 … 1,
    `mouth_open`, `squint` 0 … 1, `brows` -1 … 1, `gaze` (right, up). `clothing` "crew", "vee",
    "shirt", "turtleneck" or "jacket"; `backdrop` "plain", "lights" or "leaves". `seed` draws the
    backdrop's details.
    """

    seed: int
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    body_turn: float = 0.6  # share of the yaw that the shoulders follow
    zoom: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)
    smile: float = 0.0
    mouth_open: float = 0.0
    squint: float = 0.0
    brows: float = 0.0
    gaze: tuple[float, float] = (0.0, 0.0)
    light_from: tuple[float, float] = (-35.0, 35.0)
    light: Colour = (1.0, 0.96, 0.9)
    strength: float = 1.0
    ambient: Colour = (0.5, 0.53, 0.58)
    clothing: str = "crew"
    cloth: Colour = (0.05, 0.09, 0.16)
    lining: Colour = (0.8, 0.8, 0.78)
    pattern: str = "plain"
    backdrop: str = "plain"
    behind: tuple[Colour, Colour] = ((0.5, 0.55, 0.6), (0.3, 0.34, 0.4))


def identity(seed: int) -> Identity:
    """The person of a seed; TypeError or ValueError for one that is no whole number >= 0."""
    check_seed(seed)
    rng = np.random.default_rng((int(seed), 101))

    def about(spread, middle=1.0):
        return float(middle + spread * min(max(rng.normal(), -2.2), 2.2))

    softness = _within(0.5 + 0.38 * pick(rng, (-1, 1)) + 0.12 * rng.normal(), 0, 1)
    age = float(rng.beta(1.3, 1.8))
    tone = rng.uniform(0, len(SKIN) - 1)
    skin = _between(SKIN, tone) * np.exp(0.05 * rng.normal(size=3)) * [1, about(0.03), about(0.05)]
    skin = 0.86 * skin + 0.14 * (skin.sum() / 3)
    dark = tone / (len(SKIN) - 1)
    shade = rng.uniform(0, 10) * (1 - dark) ** 0.9 if dark > 0.3 else rng.uniform(0, 10)
    hair = ink(HAIR[min(int(shade), 9)]) * np.exp(0.2 * rng.normal() + 0.03 * rng.normal(size=3))
    grey = _within((age - 0.45) * 2.2 + 0.25 * rng.normal(), 0, 1) if age > 0.4 else 0.0
    silver = ink(pick(rng, GREY))
    eyes = ink(EYES[min(int(rng.uniform(0, 10) * (1 - 0.8 * dark)), 9)])
    lips = skin * [1.02, 0.50, 0.52] + np.array([0.06, 0.0, 0.012]) * (0.4 + softness)
    lips = lips * (1 - 0.25 * softness * rng.random() * np.array([0, 1, 0.8]))
    style = _style(rng, softness, age)
    bearded = softness < 0.5 and age > 0.1
    beard = _choose(rng, {"none": 42, "stubble": 20, "moustache": 8, "goatee": 10, "full": 20})
    glasses = _choose(rng, {"none": 76, "round": 6, "oval": 6, "square": 7, "thin": 5})
    frame = ink(pick(rng, ("#1c1a1a", "#3a2417", "#5f2230", "#23344a", "#8b7a4f", "#777a80")))
    return Identity(
        seed=int(seed),
        age=age,
        softness=softness,
        head_width=about(0.055),
        head_height=about(0.04),
        jaw_width=about(0.085, 1.04 - 0.1 * softness),
        chin=about(0.3, 1.15 - 0.35 * softness),
        chin_drop=about(0.05),
        cheeks=about(0.35, 1 - 0.2 * age),
        brow_ridge=about(0.3, 1.35 - 0.9 * softness),
        eye_apart=about(0.06),
        eye_size=about(0.085, 1.0 + 0.08 * softness),
        eye_open=about(0.13, 1.0 + 0.12 * softness - 0.12 * age),
        eye_tilt=about(0.07, 0.06),
        eye_height=about(0.025, 0.0),
        lid=float(rng.uniform(0, 1)),
        eye_colour=_colour(eyes),
        brow_thick=about(0.28, 1.25 - 0.5 * softness),
        brow_arch=about(0.35),
        brow_height=about(0.028, 0.0),
        nose_length=about(0.085),
        nose_width=about(0.16, 1.06 - 0.12 * softness + 0.14 * dark),
        nose_high=about(0.14, 1.06 - 0.12 * softness),
        nose_tip=about(0.45, 0.25 * softness),
        nose_hump=about(0.5, 0.3 - 0.4 * softness),
        mouth_width=about(0.11, 1.02 - 0.04 * softness),
        mouth_height=about(0.035, 0.0),
        upper_lip=about(0.22, 0.82 + 0.25 * softness + 0.25 * dark - 0.2 * age),
        lower_lip=about(0.2, 0.88 + 0.2 * softness + 0.25 * dark - 0.15 * age),
        lip_colour=_colour(lips),
        ear_size=about(0.09, 0.98 + 0.12 * age),
        ear_out=about(0.35),
        neck_width=about(0.07, 1.08 - 0.2 * softness),
        shoulders=about(0.07, 1.08 - 0.16 * softness),
        skin=_colour(skin),
        blush=float(rng.uniform(0.2, 1)),
        freckles=float(max(0, rng.normal(-0.3, 0.6)) * (dark < 0.45)),
        style=style,
        hair=_colour(hair * (1 - grey) + silver * grey),
        grey=grey,
        hairline=about(0.04, 0.0),
        recede=float(rng.beta(1.2, 3) * (1 - softness) * (0.4 + age)),
        volume=about(0.2),
        wave=_within(rng.uniform(0, 0.6) + 0.5 * dark * rng.random(), 0, 1),
        parting=float(pick(rng, (-1, 1)) * rng.uniform(0.15, 0.6) * (rng.random() < 0.8)),
        scarf=_colour(ink(pick(rng, FABRICS))),
        beard=beard if bearded else "none",
        glasses=glasses,
        frame=_colour(frame),
    )


def conditions(seed: int, **chosen) -> Conditions:
    """The conditions of a seed; what is `chosen`, such as yaw=0, is set after the drawing.

    Raises TypeError or ValueError for a seed that is no whole number >= 0, a name that is no
    condition, or a yaw beyond ±90.
    """
    check_seed(seed)
    rng = np.random.default_rng((int(seed), 202))
    smile = _within(rng.normal(0.35, 0.4), -0.25, 1)
    warm = rng.normal(0, 1)
    ambient = np.array([0.46, 0.48, 0.5]) * rng.uniform(0.75, 1.2)
    backs = [ink(pick(rng, BACKDROPS)) for _ in range(2)]
    drawn = Conditions(
        seed=int(seed),
        yaw=_within(rng.normal(0, 22), -90, 90),
        pitch=float(rng.normal(0, 4)),
        roll=float(rng.normal(0, 3)),
        body_turn=float(rng.uniform(0.3, 0.9)),
        zoom=float(rng.uniform(0.95, 1.12)),
        shift=(float(rng.normal(0, 0.03)), float(rng.normal(0, 0.03))),
        smile=smile,
        mouth_open=float(max(0, rng.normal(-0.2, 0.4)) * (smile > 0.2)),
        squint=_within(0.4 * max(smile, 0) + 0.12 * rng.normal(), 0, 0.8),
        brows=_within(rng.normal(0.1, 0.4), -1, 1),
        gaze=(float(rng.normal(0, 5)), float(rng.normal(0, 3))),
        light_from=(float(rng.uniform(-65, 65)), float(rng.uniform(10, 55))),
        light=_colour(np.exp([0.08 * warm, 0, -0.12 * warm])),
        strength=float(rng.uniform(0.85, 1.2)),
        ambient=_colour(ambient * np.exp([-0.05 * warm, 0, 0.06 * warm])),
        clothing=_choose(rng, {"crew": 30, "vee": 18, "shirt": 22, "turtleneck": 12, "jacket": 18}),
        cloth=_colour(ink(pick(rng, FABRICS)) * np.exp(0.15 * rng.normal())),
        lining=_colour(ink(pick(rng, ("#f2efe8", "#d8dde2", "#b9c7d6", "#e5d7cf", "#c9b9a6")))),
        pattern=_choose(rng, {"plain": 50, "knit": 30, "stripes": 20}),
        backdrop=_choose(rng, {"plain": 45, "lights": 30, "leaves": 25}),
        behind=(_colour(backs[0]), _colour(backs[1])),
    )
    return with_conditions(drawn, **chosen)


def with_conditions(old: Conditions, **chosen) -> Conditions:
    """A copy with some conditions set anew; raises TypeError or ValueError as `conditions` does."""
    unknown = sorted(set(chosen) - set(Conditions.__dataclass_fields__))
    if unknown:
        known = ", ".join(Conditions.__dataclass_fields__)
        raise TypeError(f"{unknown[0]!r} is no condition; there are: {known}.")
    new = replace(old, **chosen) if chosen else old
    if not -90 <= new.yaw <= 90:
        raise ValueError(f"yaw must be -90 to 90 degrees, not {new.yaw}.")
    return new


def check_seed(seed):
    """Raise TypeError or ValueError for a seed that nothing can be drawn with."""
    if isinstance(seed, bool) or not isinstance(seed, Integral):
        raise TypeError(f"seed must be a whole number, not {seed!r}.")
    if seed < 0:
        raise ValueError(f"seed must be 0 or more, not {seed}.")


SHORT = {
    "bald": 6,
    "cropped": 17,
    "short": 24,
    "quiff": 17,
    "fringe": 10,
    "curly": 12,
    "afro": 6,
    "bob": 1,
    "long": 3,
    "wavy": 3,
    "bun": 1,
}
LONG = {
    "bald": 1,
    "cropped": 3,
    "short": 5,
    "quiff": 3,
    "fringe": 5,
    "curly": 7,
    "afro": 7,
    "bob": 17,
    "long": 19,
    "wavy": 17,
    "bun": 10,
    "scarf": 7,
}


def _style(rng, softness, age):
    """A way to wear the hair; every one can meet every age."""
    if softness >= 0.5:
        return _choose(rng, LONG)
    return _choose(rng, SHORT | {"bald": 5 + 14 * age})


def _choose(rng, weights):
    """One key of {name: weight}."""
    place = rng.random() * sum(weights.values())
    for name, weight in weights.items():
        place -= weight
        if place < 0:
            return name
    return name


def _within(value, low, high):
    return float(min(max(value, low), high))


def _between(codes, place):
    low = min(int(place), len(codes) - 2)
    return ink(codes[low]) + (place - low) * (ink(codes[low + 1]) - ink(codes[low]))


def _colour(values) -> Colour:
    return tuple(min(max(v, 0.004), 1.2) for v in np.asarray(values).tolist())
