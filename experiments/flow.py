"""Lesson 10: the network that turns noise into houses."""

import functools

import numpy as np

from course_utils import images, metrics
from course_utils.data import pix2pix as data
from course_utils.data import psp as people
from course_utils.data.pairs import Jitter
from course_utils.models import checkpoints as shipping
from course_utils.models import flow as models
from course_utils.models import pix2pix
from course_utils.training import flow

from . import facade_reader, psp
from .common import Log, medians, safety, sides

LOOKS = (1, 2, 4, 8, 16, 32)  # at the velocity: steps of Euler, twice those of Heun
GUIDANCE = (1.0, 1.5, 2.0, 3.0)
FRESH = 7_000_000  # the first of the houses that only `lattices` draws


def checkpoints():
    return ((houses, faces),)


def evidence():
    return {"synthetic": compared}


def houses(seed=0, steps=10_000, batch=2):
    """Lesson 10's network, on the houses that lesson 02's four generators learn from.

    They are mirrored, and not enlarged: enlarging softens the bricks.
    """
    pairs, test = [data.DrawnPair(n) for n in range(2000)], data.load("synthetic", "BtoA")[1]
    example = Jitter(pairs, flow.SHIPPED["houses"].network.side, scale=1.0)
    name, s = "10_houses", flow.SHIPPED["houses"]
    network = flow.train(example, steps, seed, s, batch, safety(name), [Log(500)]).averaged
    score = facade_reader.scorer(test, _painted)
    about = {"seed": seed, "steps": steps, "batch": batch, "data": "drawn houses, seeds 0 to 1999"}
    yield network, name, about | {"metrics": score(shipping.as_shipped(network))}


def faces(seed=0, steps=9000, batch=8):
    """Lesson 10's network from lines to faces, on the people from whom lesson 08's encoders learn."""
    examples, name = people.Examples("sketch", *psp.pictured(psp.PEOPLE["encoder"])), "10_faces"

    def example(rng):
        lines, face = examples(rng)
        return psp.coloured("sketch", lines) * 2 - 1, face

    settings = flow.SHIPPED["faces"]
    network = flow.train(example, steps, seed, settings, batch, safety(name), [Log(500)]).averaged
    about = {"seed": seed, "steps": steps, "batch": batch, "data": psp.SEEN}
    yield (
        network,
        name,
        about | {"metrics": alike(shipping.as_shipped(network), guidance=models.GUIDANCE)},
    )


def alike(network, who="test", answers=4, **how):
    """Faces by their lines: the judge's cosine with the truth, SSIM, diversity of four answers.

    who: whose people of lesson 08 are asked for. how: options of `generate`.
    """
    some = [people.Person(seed) for seed in people.DRAWN[who]]
    people.draw(some)
    pictures = people.stacked(some)[0]
    asked, truth = (
        psp.coloured("sketch", people.sources("sketch", pictures)),
        images.to_float(pictures),
    )
    many = np.stack([models.generate(network, asked, seed, **how) for seed in range(answers)])
    like = psp.resemblance(many[0], truth)
    return {
        "identity": like["cosine"],
        "ssim": like["ssim"],
        "diversity": metrics.diversity(many, truth),
    }


def compared():
    """Lesson 10: steps against quality, guidance, and L1, GAN and flow in one table.

    All by the reader of lesson 02 on its test houses, guidance on validation houses, by which
    `flow.GUIDANCE` is chosen.
    """
    network, test = models.load(), data.load("synthetic", "BtoA")[1]
    shorter = functools.partial(models.heun, last_look=False)
    judges = [data.DrawnPair(number) for number in data.DRAWN["validation"][:40]]
    score, judged = (facade_reader.scorer(pairs, _answered(network)) for pairs in (test, judges))
    guided = {"guidance": models.GUIDANCE}
    ways, grids = _ways(network, test), lattices(network)
    for name, worst in grids["worst"].items():
        ways[name]["lattice"] = worst
    summary = {
        "guidance": {w: judged({"guidance": w}) for w in GUIDANCE},
        "euler": {n: score(guided | {"steps": n}) for n in LOOKS},
        "heun": {n: score(guided | {"steps": n // 2, "sampler": models.heun}) for n in LOOKS[1:]},
        "heun_last_step_euler": {
            n - 1: score(guided | {"steps": n // 2, "sampler": shorter}) for n in LOOKS[1:]
        },
        "ways": ways,
        "lattices": grids,
        "faces": {w: alike(models.load("faces"), "validation", guidance=w) for w in GUIDANCE[:3]},
    }
    return {"summary": summary, "pictures": len(test)}


def _painted(network, drawings, seed=0):
    return models.generate(network, drawings, seed, guidance=models.GUIDANCE)


def _answered(network):
    return lambda how, drawings: models.generate(network, drawings, **how)


def _answers(network) -> dict:
    """{"L1", "pix2pix", "flow"}: functions of (drawings, seed)."""
    generators = {"L1": pix2pix.load("unet_l1"), "pix2pix": pix2pix.load("unet_l1_cgan")}
    answers = {
        name: lambda drawings, seed, one=one: pix2pix.translate(one, drawings, seed)
        for name, one in generators.items()
    }
    return answers | {"flow": lambda drawings, seed: _painted(network, drawings, seed)}


def _ways(network, test, answers=4):
    """{"L1", "pix2pix", "flow", "truth"}: scores, diversity of four answers, seconds a picture, hours."""
    (drawings, truth), answered = sides(test), _answers(network)
    shipped = {"L1": "02_unet_l1", "pix2pix": "02_unet_l1_cgan", "flow": "10_houses"}
    calls = [functools.partial(answer, drawings[:1], 0) for answer in answered.values()]
    seconds = dict(zip(answered, medians(calls), strict=True))
    score, ways = facade_reader.scorer(test, lambda answer, drawings: answer(drawings, 0)), {}
    for name, answer in answered.items():
        many = np.stack([answer(drawings, seed) for seed in range(answers)])
        ways[name] = score(answer) | {
            "diversity": metrics.diversity(many, truth),
            "seconds_per_picture": seconds[name],
            "seconds_to_train": shipping.told(shipped[name])["seconds"],
        }
    others = [data.DrawnPair(number) for number in data.DRAWN["validation"][: len(test)]]
    ways["truth"] = score(lambda drawings, seed: truth) | {"diversity": 1.0}
    between = metrics.texture_distance(sides(others)[1], truth, facade_reader.texture_features())
    ways["truth"]["texture_distance"] = between  # photographs of other houses
    return ways


def lattices(network, count=192, draws=100):
    """{"ratios": {name: {"2", "4", "8": {"mean", "interval"}}}, "worst": {name: of the three}}.

    A ratio is `metrics.grid` over that of the photographs.

    On houses that nobody has seen, neither in training nor in the test, whose 40 are too few: the
    grid of their own photographs at period 8 lies beside that of others. The interval holds 95 % of
    what other draws of as many houses, with repetitions, give (bootstrap).
    """
    drawings, truth = sides([data.DrawnPair(FRESH + number) for number in range(count)])
    rng, found = np.random.default_rng(0), {}
    draws = [np.arange(count), *rng.integers(0, count, (draws, count))]
    true = {n: [metrics.grid(truth[some], n) for some in draws] for n in facade_reader.PERIODS}
    for name, answer in _answers(network).items():
        made = np.concatenate([answer(drawings[n : n + 16], n) for n in range(0, count, 16)])
        ratios = {
            n: np.divide([metrics.grid(made[some], n) for some in draws], true[n]) for n in true
        }
        found[name] = {
            str(n): {
                "mean": float(each[0]),
                "interval": np.quantile(each[1:], [0.025, 0.975]).tolist(),
            }
            for n, each in ratios.items()
        }
    worst = {name: max(each["mean"] for each in ratios.values()) for name, ratios in found.items()}
    return {"ratios": found, "worst": worst}
