"""Lesson 06: the shipped page cleaner, what to feed it, where its loss ends, and its speed."""

import io
import itertools
import time
from dataclasses import replace

import numpy as np
from PIL import Image

from course_utils import cleaning, images, lessons, metrics, ocr, paths
from course_utils.data import documents, splits
from course_utils.models import checkpoints as shipping
from course_utils.models import documents as models
from course_utils.training.documents import train
from drawn_worlds.documents import document

from .common import SEEDS, Log, copies, in_turn, interval, medians, safety


def checkpoints():
    return (pages,)


def evidence():
    return {"synthetic": page_or_chain, "noisyoffice": real_pages}


def bench():
    return (page_through_the_api,)


def pages(seed=0, steps=4000):
    """Lesson 06's page cleaner on drawn pages; measured on the lesson's test pages."""
    drawn = [documents.draw(number) for number in range(1000)]
    test = documents.load("synthetic")[1]
    crops, name = documents.Crops(drawn), models.CHECKPOINT
    model = train(crops, steps, seed, folder=safety(name), callbacks=[Log()])
    shipped = shipping.as_shipped(model)
    cleaned = [models.clean(shipped, page.noisy) for page in test]
    scores = metrics.page_scores([page.clean for page in test], cleaned)
    about = "drawn pages, seeds 0 to 999"
    yield model, name, {"seed": seed, "steps": steps, "metrics": scores, "data": about}


FEEDS = {"page": lambda page: page, "chain": cleaning.slides_chain}


def page_or_chain(seeds=SEEDS, each=in_turn):
    """Lesson 06: should a network get the page, or what the lecture's chain makes of it?

    The same network, steps, crops and test pages; the chain works at the page's own size.
    """
    steps = lessons.card("documents").tasks["synthetic"].quick
    runs = each(fed, [(*both, steps) for both in itertools.product(seeds, FEEDS)])
    found = {name: [run["rmse"] for run in runs if run["fed"] == name] for name in FEEDS}
    summary = {name: {"rmse": interval(values)} for name, values in found.items()}
    return {"runs": runs, "summary": summary, "steps": steps}


def fed(seed, name, steps):
    """One training of `page_or_chain`, on what this name in FEEDS makes of pages."""
    pages, test = (
        [replace(page, noisy=FEEDS[name](page.noisy)) for page in part]
        for part in documents.load("synthetic")
    )
    model = train(documents.Crops(pages), steps, seed, copies("06", name, seed))
    cleaned = [models.clean(model, page.noisy) for page in test]
    run = {"seed": seed, "fed": name}
    run |= metrics.page_scores([page.clean for page in test], cleaned)
    print(run, flush=True)
    return run


def real_pages(folds=5, each=in_turn):
    """NoisyOffice (COURSE_DATA): where its loss ends, and lesson 06's network, trained further.

    `bce`: the entropy of its clean pages; no cleaner's loss is lower. The others: every page is
    tested once, by a network that never saw its clean twin; folds are those of `splits.fold`, as
    far as they have pages. Character error rates add up over all pages; the reference is what OCR
    reads on the clean twin.
    """
    pages = _with_twins()
    clean = list({page.source: page.clean for page in pages}.values())
    both = np.mean([((page == 0) | (page == 1)).mean() for page in clean])
    there = sorted({splits.fold(page.source, folds) for page in pages})
    steps = lessons.card("documents").task("noisyoffice").quick
    runs, texts = zip(*each(learned_and_read, [(fold, folds, steps) for fold in there]))
    weights = [run["pages"] for run in runs]
    scores = {
        key: float(np.average([run[key] for run in runs], weights=weights))
        for key in ("rmse", "rmse_before")
    }
    read = {key: [text for fold in texts for text in fold[key]] for key in texts[0]}
    scores |= {f"cer_{name}": ocr.cer(read["clean"], read[name]) for name in ("before", "after")}
    return {
        "runs": list(runs),
        "summary": {
            "bce": metrics.page_scores(clean, clean)["bce"],
            "clean_pages": len(clean),
            "black_or_white": float(both),
        }
        | scores,
        "steps": steps,
    }


def _with_twins():
    """The pages in COURSE_DATA whose clean twin is there."""
    return [page for page in documents.read(paths.data_dir()) if page.clean is not None]


def learned_and_read(fold, folds, steps):
    """What a network that learned from all other clean pages scores on a fold, and what OCR reads."""
    pages = _with_twins()
    test = [page for page in pages if splits.fold(page.source, folds) == fold]
    crops = documents.Crops([page for page in pages if splits.fold(page.source, folds) != fold])
    folder = copies("06", "noisyoffice", fold)
    model = train(crops, steps, fold, folder, [Log(1000)], model=models.load())
    shown = {
        "before": [page.noisy for page in test],
        "after": [models.clean(model, page.noisy, flips=True) for page in test],
        "clean": [page.clean for page in test],
    }
    rmse = {name: metrics.page_scores(shown["clean"], some)["rmse"] for name, some in shown.items()}
    texts = {name: ocr.read_all(some) for name, some in shown.items()}
    run = {"fold": fold, "pages": len(test), "rmse": rmse["after"], "rmse_before": rmse["before"]}
    run |= {f"cer_{n}": ocr.cer(texts["clean"], texts[n]) for n in ("before", "after")}
    print(run, flush=True)
    return run, texts


def page_through_the_api():
    """A page of 540×420 through the service, warm (target: 0.1 s), and loading its network (2 s)."""
    from fastapi.testclient import TestClient

    from course_utils.serve import create_app
    from course_utils.serve import documents as service

    began = time.perf_counter()
    cleaner = service.load()
    loading, file = time.perf_counter() - began, io.BytesIO()
    page = document(0).noisy
    Image.fromarray(images.to_uint8(page)).save(file, "png")
    upload = {"file": ("page.png", file.getvalue())}
    with TestClient(create_app({"documents": cleaner}), base_url="http://localhost") as client:
        alone, served = medians(
            [lambda: cleaner(page), lambda: client.post("/denoise", files=upload)], runs=15
        )
    return (
        f"{served * 1e3:.0f} ms, {served / alone:.2f} times the network alone; "
        f"loaded in {loading:.1f} s"
    )
