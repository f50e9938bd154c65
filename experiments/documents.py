"""Lesson 06: the shipped page cleaner, and the speed of the service."""

import io
import time

from PIL import Image

from course_utils import images, metrics
from course_utils.data import documents
from course_utils.models import checkpoints as shipping
from course_utils.models import documents as models
from course_utils.training.documents import train
from drawn_worlds.documents import document

from .common import Log, medians, safety


def checkpoints():
    return (pages,)


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
