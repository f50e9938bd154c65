"""Two networks that measure the drawn faces: one tells people apart, one names their parts.

Neither is shipped: they measure whether an identity is more than its light and clothes, and whether
what a network learns from drawn regions holds on real portraits. Lesson 08 ships a recogniser that
is trained in the same way, for longer.
"""

import json
import time
from dataclasses import replace

import cv2
import numpy as np

from course_utils import images, paths, profile
from course_utils.models import recognition
from course_utils.training.fit import fit
from course_utils.training.schedules import warm_cosine
from drawn_worlds import faces

from .common import SEEDS, copies, in_turn, interval
from .facade_reader import class_weights

SIDE = {"recognise": recognition.SIDE, "parts": 64}  # pixels of the pictures that the networks see
BATCH = {"recognise": 48, "parts": 8}
ALIKE = {  # what all people share in an ablation; the rest of an identity stays its own
    "colours": ("skin", "hair", "eye_colour", "lip_colour", "scarf", "frame", "grey", "blush"),
    "hair and glasses": (
        "style",
        "hairline",
        "recede",
        "volume",
        "wave",
        "parting",
        "beard",
        "glasses",
        "freckles",
    ),
    "shape": (
        "head_width",
        "head_height",
        "jaw_width",
        "chin",
        "chin_drop",
        "cheeks",
        "brow_ridge",
        "eye_apart",
        "eye_size",
        "eye_open",
        "eye_tilt",
        "eye_height",
        "lid",
        "brow_thick",
        "brow_arch",
        "brow_height",
        "nose_length",
        "nose_width",
        "nose_high",
        "nose_tip",
        "nose_hump",
        "mouth_width",
        "mouth_height",
        "upper_lip",
        "lower_lip",
        "ear_size",
        "ear_out",
        "neck_width",
        "shoulders",
        "softness",
        "age",
    ),
}


def evidence():
    return {"synthetic": drawn_people, "portraits": parts_of_portraits}


def bench():
    return (faces_a_second,)


# Recognition -------------------------------------------------------------------------------------


def portraits(
    seeds,
    views: int,
    first: int = 0,
    alike: str | None = None,
    workers: int = 1,
    yaw: float | tuple | None = 0.0,
    **chosen,
) -> np.ndarray:
    """Frontal pictures uint8 (people, views, 48, 48, 3) of seeds' people: the middle of 64 × 64.

    Every view has its own expression, light, clothes and background; views from number `first` on.
    yaw: None gives every view its own, too; (low, high): any angle between.
    alike: a key of `ALIKE`, whose traits all people then take from the first seed's person.
    `workers` processes share the drawing.
    """
    people = [faces.identity(seed) for seed in seeds]
    chosen |= {} if yaw is None else {"yaw": yaw}
    if alike is not None:
        shared = {name: getattr(people[0], name) for name in ALIKE[alike]}
        people = [replace(person, **shared) for person in people]
    jobs = [(person, first + number, chosen) for person in people for number in range(views)]
    if workers > 1:
        with faces.pool_of(workers) as pool:
            pictures = list(pool.map(_view, jobs, chunksize=16))
    else:
        pictures = [_view(job) for job in jobs]
    return np.stack(pictures).reshape(len(people), views, *pictures[0].shape)


def _view(job):
    person, number, chosen = job
    seed = person.seed * 1000 + number
    if isinstance(chosen.get("yaw"), tuple):
        chosen = chosen | {"yaw": np.random.default_rng((seed, 404)).uniform(*chosen["yaw"])}
    seen = faces.conditions(seed, **chosen)
    edge = (64 - SIDE["recognise"]) // 2
    return images.to_uint8(faces.render(person, seen, 64).photo[edge:-edge, edge:-edge])


def train_recogniser(
    pictures: np.ndarray, steps: int, seed: int = 0, widths=(24, 48, 96), folder=None, callbacks=()
):
    """A recogniser trained on pictures uint8 (people, views, 48, 48, 3), two views or more.

    Of each person in a batch it sees two views, and is to find the second among all the batch's:
    cross-entropy of their cosines times 16, both ways (Sohn 2016, "N-pair loss", equation 5).
    folder: for safety copies, see `fit`.
    """
    profile.set_seeds(seed)
    import keras
    from keras import ops

    people, views = pictures.shape[:2]
    network = recognition.recogniser(SIDE["recognise"], widths)
    pair = keras.Input((2,) + network.input_shape[1:])
    one, other = network(pair[:, 0]), network(pair[:, 1])
    cosines = 16.0 * ops.matmul(one, ops.transpose(other))  # (N, N), own pairs on the diagonal
    model = keras.Model(pair, cosines)

    def loss(_, cosines):
        own = ops.arange(ops.shape(cosines)[0])
        entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        return (entropy(own, cosines) + entropy(own, ops.transpose(cosines))) / 2

    model.compile(keras.optimizers.AdamW(warm_cosine(steps)), loss, jit_compile=False)

    def example(rng):
        person, seen = rng.integers(people), rng.choice(views, 2, replace=False)
        both = [_disturbed(images.to_float(pictures[person, view]), rng, 0.35) for view in seen]
        return np.stack(both), np.int32(person)

    fit(model, example, steps, BATCH["recognise"], seed, folder, callbacks=callbacks)
    return network


def rank_one(network, gallery: np.ndarray, probes: np.ndarray) -> float:
    """Share of probes uint8 (people, 48, 48, 3) whose nearest gallery picture is their own.

    The nearest has the largest cosine; row n of both shows person n. Chance: 1 / people.
    """
    known, asked = (network.predict(images.to_float(part), verbose=0) for part in (gallery, probes))
    return float(np.mean(np.argmax(asked @ known.T, axis=1) == np.arange(len(asked))))


# Parts -------------------------------------------------------------------------------------------


def labelled(seeds) -> list[tuple]:
    """(photo, regions), uint8, of drawn people as portraits are: near the front, large."""
    drawn = (faces.face(seed, SIDE["parts"] * 4 // 3, zoom=1.05) for seed in seeds)
    return [(images.to_uint8(each.photo), each.regions.astype(np.uint8)) for each in drawn]


def train_parts(pairs, steps: int, seed: int = 0):
    """A U-Net from pictures (N, 64, 64, 3) in [0, 1] to logits of `faces.CLASSES`.

    pairs: as `labelled` makes them. Each example is a random part of a picture, mirrored every
    second time, in other colours and a little out of focus, since a camera isn't drawn.
    """
    profile.set_seeds(seed)
    import keras

    from course_utils.models.unet import unet

    classes = len(faces.CLASSES)
    model = unet((None, None, 3), classes=classes, base=12, depth=4, batch_norm=True)
    weights = class_weights([labels for _, labels in pairs], classes)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(warm_cosine(steps)), loss, jit_compile=False)

    def example(rng):
        photo, labels = pairs[rng.integers(len(pairs))]
        side = len(labels)
        part = int(side * rng.uniform(0.62, 1))
        top = rng.integers(0, side - part + 1) * 2 // 3
        left = (side - part) // 2 + int(rng.uniform(-0.3, 0.3) * (side - part))
        step = -1 if rng.random() < 0.5 else 1
        spot = slice(top, top + part), slice(left, left + part)
        size = (SIDE["parts"],) * 2
        photo = images.resize(images.to_float(photo[spot][:, ::step]), size)
        labels = images.resize(labels[spot][:, ::step], size, labels=True).astype(np.int32)
        return _disturbed(photo, rng), labels, weights[labels]

    return fit(model, example, steps, BATCH["parts"], seed)


def read_parts(model, photos) -> np.ndarray:
    """The class of each pixel, int32 (N, H, W), in photos (N, H, W, 3) in [0, 1].

    The mean of the answers for a picture and its mirror image; read at 64 × 64.
    """
    photos = images.to_float(photos)
    small = np.stack([images.resize(photo, (SIDE["parts"],) * 2) for photo in photos])
    both = model.predict(np.concatenate([small, small[:, :, ::-1]]), batch_size=8, verbose=0)
    logits = both[: len(small)] + both[len(small) :, :, ::-1]
    labels = logits.argmax(-1).astype(np.int32)
    return np.stack([images.resize(each, photos.shape[1:3], labels=True) for each in labels])


def point_scores(labels: np.ndarray, points: list[dict]) -> dict:
    """How often hand-placed points lie on their class, and how often points anywhere would.

    labels (N, H, W) int; points: for each picture {class: [[column, row], …]} in its pixels.
    Per class: `found`, the share of its points that are labelled so; `chance`, the share of all
    pixels that are; `points`, how many.
    """
    scores = {}
    for name in sorted({name for each in points for name in each}):
        number = faces.CLASSES.index(name)
        hits = [
            labels[k][int(row), int(column)] == number
            for k, each in enumerate(points)
            for column, row in each.get(name, ())
        ]
        scores[name] = {
            "found": float(np.mean(hits)),
            "chance": float(np.mean(labels == number)),
            "points": len(hits),
        }
    return scores


def _disturbed(photo, rng, much: float = 1.0):
    """A photo in [0, 1] with other light and colours, blur and noise, float32; `much` 0 … 1."""
    gain = rng.uniform(1 - 0.25 * much, 1 + 0.25 * much) * np.exp(0.08 * much * rng.normal(size=3))
    grey = photo.mean(-1, keepdims=True)
    photo = grey + rng.uniform(1 - 0.4 * much, 1 + 0.25 * much) * (photo - grey)
    photo = photo * gain + 0.08 * much * rng.uniform(-1, 1)
    if rng.random() < 0.5 * much:
        photo = cv2.GaussianBlur(photo, (0, 0), rng.uniform(0.3, 1.0))
    photo = photo + rng.normal(0, 0.02 * much, photo.shape)
    return np.clip(photo, 0, 1).astype(np.float32)


# Measured ----------------------------------------------------------------------------------------


def drawn_people(seeds=SEEDS, people=700, views=4, steps=400, others=100, each=in_turn):
    """The faces world: does a network know unseen people again, and by which of their traits?

    It trains on `people` and then knows each of 100 others from one picture: frontal both times, in
    another light, with another expression, other clothes and background. `alike`: the same, where
    all of the 100 share one kind of traits, so that only their other traits tell them apart.
    """
    runs = each(met, [(seed, people, views, steps, others) for seed in seeds])
    summary = {"rank_one": interval([run["rank_one"] for run in runs]), "chance": 1 / others}
    summary |= {f"alike: {name}": interval([run["alike"][name] for run in runs]) for name in ALIKE}
    return {"runs": runs, "summary": summary, "steps": steps, "people": people, "views": views}


def met(seed, people, views, steps, others):
    """One training of `drawn_people`, and whom it knows again."""
    unseen = range(3_000_000, 3_000_000 + others)
    asked = {
        name: [
            portraits(unseen, 1, view, name, workers=2, light_from=light)[:, 0]
            for view, light in enumerate([(-45.0, 25.0), (50.0, 40.0)])
        ]
        for name in (None, *ALIKE)
    }
    known = portraits(range(people), views, workers=2)
    network = train_recogniser(known, steps, seed, folder=copies("faces", seed))
    scores = {name: rank_one(network, *both) for name, both in asked.items()}
    print(run := {"seed": seed, "rank_one": scores.pop(None), "alike": scores}, flush=True)
    return run


def parts_of_portraits(seed=0, people=400, steps=450):
    """The faces world: are eyes, mouth, hair of real portraits found after training on drawn ones?

    COURSE_DATA/portraits holds pictures and `points.json`: {file: {class: [[column, row], …]}},
    points placed by eye on enlarged pictures with a grid, well inside the parts. `found` is the
    share of a class's points that the network calls so, `chance` that of all pixels.
    """
    home = paths.data_dir().expanduser() / "portraits"
    points = json.loads((home / "points.json").read_text(encoding="utf-8"))
    photos = np.stack([images.read_image(home / name) for name in points])
    model = train_parts(labelled(range(people)), steps, seed)
    summary = point_scores(read_parts(model, photos), list(points.values()))
    return {
        "summary": summary,
        "seed": seed,
        "people": people,
        "steps": steps,
        "pictures": len(points),
        "points": points,
    }


def faces_a_second():
    """Drawn faces a second with two processes (target: 200 at 64², 10 at 256²)."""
    answers = []
    with faces.pool_of(2) as pool:
        for size, count in ((64, 800), (256, 48)):
            list(pool.map(faces.drawn, [(seed, size, False, {}) for seed in range(8)]))
            began = time.perf_counter()
            jobs = [(seed, size, False, {}) for seed in range(count)]
            list(pool.map(faces.drawn, jobs, chunksize=max(1, count // 40)))
            answers.append(f"{count / (time.perf_counter() - began):.0f} at {size}²")
    return ", ".join(answers)
