"""Lesson 09: five trainings against haze, for the card's margin."""

import numpy as np

from course_utils import lessons, profile
from course_utils.data import drawings
from course_utils.data import project as data
from course_utils.data.photographs import photographs
from course_utils.exercises.project import margin
from course_utils.models.project import clear, haze_network, scores
from course_utils.training.project import train

from .common import copies, in_turn

SEEDS = range(5)


def evidence():
    return {"synthetic": five_seeds}


def five_seeds(each=in_turn):
    """The lesson's training by five seeds, on its test views and on real photographs."""
    steps = lessons.card("project").task("synthetic").quick
    told, parts = each(cleared, [(seed, steps) for seed in SEEDS]), _tests()
    summary = {
        part: _beside(truths) | {key: [one[part][key] for one in told] for key in ("psnr", "ssim")}
        for part, truths in parts.items()
    }
    views = summary["views"]
    rivals = [views[name]["psnr"] for name in ("nothing", "dark channel")]
    summary["margin"] = margin(views["psnr"], rivals)
    return {"summary": summary, "steps": steps, "pictures": len(parts["views"])}


def cleared(seed, steps):
    """What one training reaches on each of the `_tests`."""
    views = data.load("synthetic")[0]
    drawings.draw(views)
    profile.set_seeds(seed)
    network = haze_network()
    train(network, views, steps, seed, folder=copies("09", seed))
    return {
        part: scores(truths, clear(network, data.hazy(truths, seed=0)))
        for part, truths in _tests().items()
    }


def _tests():
    """{"views", "photographs"}: the lesson's test views, and what no drawing has shown."""
    test = data.load("synthetic")[1]
    drawings.draw(test)
    return {"views": np.stack([one.picture for one in test]), "photographs": photographs(128)}


def _beside(truths):
    given = data.hazy(truths, seed=0)
    dark = np.stack([data.dark_channel(each) for each in given])
    return {"nothing": scores(truths, given), "dark channel": scores(truths, dark)}
