"""Lesson 08: the shipped recogniser of drawn people."""

import numpy as np

from course_utils.models import checkpoints as shipping
from course_utils.models import recognition

from . import faces
from .common import Log, safety

STEPS = {"recogniser": 2000}  # of what is shipped
KNOWN = range(5_000_000, 5_002_000)  # people who train the recogniser
STRANGERS = range(6_000_000, 6_000_100)  # people who test it


def checkpoints():
    return (recogniser,)


def recogniser(seed=0, people=KNOWN, views=6):
    """Lesson 08's recogniser: six views of 2,000 people each, turned as people turn, not mirrored."""
    name, steps = recognition.CHECKPOINT, STEPS["recogniser"]
    pictures = faces.portraits(people, views, workers=2, yaw=None)
    more = {"folder": safety(name), "callbacks": [Log(250)]}
    network = faces.train_recogniser(pictures, steps, seed, recognition.WIDTHS, **more)
    about = {"seed": seed, "steps": steps}
    about["data"] = f"{views} views of drawn people, seeds {people[0]} to {people[-1]}"
    about["metrics"] = known_again(shipping.as_shipped(network))
    yield network, name, about


def known_again(network, people=STRANGERS, views=5):
    """How well people are known again by one frontal picture of each, in other frontal or any views.

    `rank_one`: the share of views that are most like their own person's picture, see `faces`.
    `same`, `different`: the mean cosine of a view and the picture of its own, of another person.
    """
    gallery = faces.portraits(people, 1)[:, 0]
    told, own = {}, np.eye(len(people), dtype=bool)
    for way, first, yaw in (("frontal", 1, 0.0), ("natural", 1 + views, None)):
        asked = faces.portraits(people, views, first, yaw=yaw).swapaxes(0, 1)  # (views, people, …)
        vectors = np.stack([recognition.embed(network, each) for each in asked])
        cosines = vectors @ recognition.embed(network, gallery).T  # (views, people, people)
        told |= {
            f"rank_one_{way}": float(np.mean([faces.rank_one(network, gallery, v) for v in asked])),
            f"same_{way}": float(cosines[:, own].mean()),
            f"different_{way}": float(cosines[:, ~own].mean()),
        }
    return told
