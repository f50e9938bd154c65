"""Lesson 10: the network that turns noise into houses."""

from course_utils.data import pix2pix as data
from course_utils.data.pairs import Jitter
from course_utils.models import checkpoints as shipping
from course_utils.models.flow import generate
from course_utils.training import flow

from . import facade_reader
from .common import Log, safety


def checkpoints():
    return (houses,)


def houses(seed=0, steps=14_000, batch=2):
    """Lesson 10's network, on the houses that lesson 02's four generators learn from.

    They are mirrored, and not enlarged: enlarging softens the bricks.
    """
    pairs, test = [data.DrawnPair(n) for n in range(2000)], data.load("synthetic", "BtoA")[1]
    example = Jitter(pairs, flow.SHIPPED.network.side, scale=1.0)
    name, s = "10_houses", flow.SHIPPED
    network = flow.train(example, steps, seed, s, batch, safety(name), [Log(500)]).averaged
    score = facade_reader.scorer(test, generate)
    about = {"seed": seed, "steps": steps, "batch": batch, "data": "drawn houses, seeds 0 to 1999"}
    yield network, name, about | {"metrics": score(shipping.as_shipped(network))}
