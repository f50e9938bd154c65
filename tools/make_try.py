"""Make the page where the networks run in the visitor's browser: FOLDER/index.html and what it loads.

    python tools/make_try.py [--out DIR] [--measure]

The page is that of `course serve`; its engine is tools/browser/, which runs the exported networks by
onnxruntime-web, from npm. A web server must send it: `python -m http.server --directory DIR`.
"""

import argparse
import contextlib
import functools
import hashlib
import http.server
import json
import shutil
import statistics
import sys
import threading
from pathlib import Path

import javascript

from course_utils import paths
from course_utils.models import flow
from course_utils.serve import (
    about,
    colorization,
    documents,
    face_sketch,
    segmentation,
    style,
    undrawing,
)
from course_utils.serve import flow as flow_service
from drawn_worlds import houses

ROOT = Path(__file__).resolve().parents[1]
STATIC = ROOT / "course_utils/serve/static"
RUNTIME = (  # of onnxruntime-web/dist: for any browser, and for those with WebGPU
    "ort.wasm.min.mjs",
    "ort-wasm-simd-threaded.mjs",
    "ort-wasm-simd-threaded.wasm",
    "ort.webgpu.min.mjs",
    "ort-wasm-simd-threaded.asyncify.mjs",
    "ort-wasm-simd-threaded.asyncify.wasm",
)
EXAMPLES = {  # folder: what draws one, as PNG, and a seed that no network learned from
    "example": (documents.drawn, 2_000_000),
    "sketch": (face_sketch.drawn, 4_000_000),
    "portrait": (undrawing.drawn, 4_000_000),
    "photograph": (style.drawn, 0),
    "grey": (colorization.drawn, 2_000_002),
    "labels": (flow_service.drawn, 4_000_003),
    "field": (segmentation.drawn, 1_000_002),
}
COUNT = 6  # of examples each
MEASURED = ROOT / "docs/browser.json"
CLOCK = """async route => {
  const {engine} = await import("./static/engine.js");
  const canvas = Object.assign(document.createElement("canvas"), {width: 256, height: 256});
  const drawn = await engine.draw(route.startsWith("house") ? "labels.png" : "field.png", 0);
  canvas.getContext("2d").drawImage(await createImageBitmap(drawn), 0, 0, 256, 256);
  const took = [];
  for (let n = 0; n < (route === "houses" ? 2 : 6); n++) {
    const start = performance.now();
    await engine.ask(route, canvas);
    took.push(performance.now() - start);
  }
  return took.slice(1);
}"""


def make(folder: Path) -> dict[str, int]:
    """Write the page; returns the bytes of each network. Raises RuntimeError without npm."""
    shutil.rmtree(folder, ignore_errors=True)
    copy_page(folder)
    draw_examples(folder / "examples")
    shutil.copytree(exported(), folder / "networks")
    made = {path.stem: path.stat().st_size for path in sorted((folder / "networks").glob("*.onnx"))}
    told = {route: said for route, said in about.networks("../{}.html").items() if route in made}
    (folder / "networks/networks.json").write_text(json.dumps(told))
    return made


def exported() -> Path:
    """The folder with the networks as ONNX files, made anew where what they are made of has changed."""
    sources = [Path(__file__).with_name("export_networks.py"), paths.CHECKPOINTS / "SHA256SUMS"]
    sources += sorted((ROOT / "course_utils/models").glob("*.py"))
    digest = hashlib.sha256(b"".join(map(Path.read_bytes, sources))).hexdigest()[:16]
    folder = ROOT / "build/onnx" / digest
    if not folder.exists():
        import export_networks

        shutil.rmtree(folder.parent, ignore_errors=True)
        export_networks.main(folder.with_suffix(".new"))
        folder.with_suffix(".new").rename(folder)
    return folder


def copy_page(folder: Path) -> None:
    """The page of the service, with the engine of tools/browser and its runtime."""
    shutil.copytree(
        STATIC, folder / "static", ignore=shutil.ignore_patterns("docs.*", "index.html")
    )
    shutil.copy(STATIC / "index.html", folder)
    for script in (ROOT / "tools/browser").glob("*.js"):
        shutil.copy(script, folder / "static")
    values = {
        "examples": COUNT,
        "outline": segmentation.OUTLINE,
        "sides": {
            "repaint": style.SIDE,
            "colour": colorization.SIDE,
            "cells": segmentation.SIDE,
        },
        "palette": houses.PALETTE.tolist(),
        "flow": {"steps": flow_service.STEPS, "guidance": flow.GUIDANCE},
    }
    lines = [f"export const {name} = {json.dumps(value)};\n" for name, value in values.items()]
    (folder / "static/settings.js").write_text("".join(lines))
    (folder / "static/ort").mkdir()
    for name in RUNTIME:
        shutil.copy(javascript.packages() / "onnxruntime-web/dist" / name, folder / "static/ort")


def draw_examples(folder: Path) -> None:
    """COUNT pictures of each of EXAMPLES, where the engine looks for those of the page's seeds."""
    for name, (draw, first) in EXAMPLES.items():
        (folder / name).mkdir(parents=True)
        for seed in range(first, first + COUNT):
            (folder / name / f"{seed % COUNT}.png").write_bytes(draw(seed))


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Sends files, and says nothing about it."""

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def served(folder: Path):
    """The address of the page in a folder, from a plain web server on this machine."""
    handler = functools.partial(Quiet, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/index.html"
    finally:
        server.shutdown()


def measured(folder: Path, sizes: dict[str, int]) -> dict[str, dict]:
    """{route: {"bytes", "ms"}}: the median of five answers to 256 × 256 pixels, after a first one."""
    import walk

    with served(folder) as address, walk.browser() as (page, _):
        page.goto(f"{address}#clean")
        page.wait_for_selector("[role=tab]")
        took = {route: page.evaluate(CLOCK, route) for route in sizes}
    return {
        route: {"bytes": sizes[route], "ms": round(statistics.median(took[route]))}
        for route in sizes
    }


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "site" / "try")
    parser.add_argument("--measure", action="store_true", help="and write docs/browser.json")
    asked = parser.parse_args(argv)
    sizes = make(asked.out)
    if asked.measure:
        MEASURED.write_text(json.dumps(measured(asked.out, sizes), indent=1) + "\n")
        print(MEASURED.read_text())
    print(f"python -m http.server --directory {asked.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
