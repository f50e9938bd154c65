"""Lesson 09: five trainings against haze, for the card's margin."""

import numpy as np

from course_utils import lessons, profile
from course_utils.data import drawings
from course_utils.data import project as data
from course_utils.data.photographs import photographs
from course_utils.exercises.project import margin
from course_utils.models.project import clear, haze_network, scores
from course_utils.training.project import train

SEEDS = range(5)


def evidence():
    return {"synthetic": five_seeds}


def five_seeds():
    """The lesson's training by five seeds, on its test views and on real photographs."""
    train_views, test = data.load("synthetic")
    drawings.draw([*train_views, *test])
    steps = lessons.card("project").task("synthetic").quick
    networks = [_trained(train_views, steps, seed) for seed in SEEDS]
    parts = {"views": np.stack([one.picture for one in test]), "photographs": photographs(128)}
    summary = {part: _compared(networks, truths) for part, truths in parts.items()}
    views = summary["views"]
    rivals = [views[name]["psnr"] for name in ("nothing", "dark channel")]
    summary["margin"] = margin(views["psnr"], rivals)
    return {"summary": summary, "steps": steps, "pictures": len(test)}


def _trained(views, steps, seed):
    profile.set_seeds(seed)
    network = haze_network()
    train(network, views, steps, seed)
    return network


def _compared(networks, truths):
    given = data.hazy(truths, seed=0)
    ours = [scores(truths, clear(network, given)) for network in networks]
    dark = np.stack([data.dark_channel(each) for each in given])
    return {
        "nothing": scores(truths, given),
        "dark channel": scores(truths, dark),
        "psnr": [each["psnr"] for each in ours],
        "ssim": [each["ssim"] for each in ours],
    }
