"""Make the page where the networks run in the visitor's browser: FOLDER/index.html and what it loads.

    python tools/make_try.py [--out DIR]

The page is that of `course serve`; its engine is tools/browser/, which runs the exported networks by
onnxruntime-web, from npm. A web server must send it: `python -m http.server --directory DIR`.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path

import javascript

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
    "field": (segmentation.drawn, 1_000_000),
}
COUNT = 6  # of examples each


def make(folder: Path) -> dict[str, int]:
    """Write the page; returns the bytes of each network. Raises RuntimeError without npm."""
    from export_networks import export, networks

    made, sizes, there = networks(), {}, folder / "networks"
    shutil.rmtree(folder, ignore_errors=True)
    copy_page(folder, grain=made["house"][1][1][0])
    draw_examples(folder / "examples")
    there.mkdir()
    for route, (function, shapes) in made.items():
        export(function, shapes, there / f"{route}.onnx")
        sizes[route] = (there / f"{route}.onnx").stat().st_size
    told = {route: said for route, said in about.networks("../{}.html").items() if route in made}
    (there / "networks.json").write_text(json.dumps(told))
    return sizes


def copy_page(folder: Path, grain: int) -> None:
    """The page of the service, with the engine of tools/browser and its runtime.

    grain: how many random numbers "house" takes.
    """
    shutil.copytree(
        STATIC, folder / "static", ignore=shutil.ignore_patterns("docs.*", "index.html")
    )
    shutil.copy(STATIC / "index.html", folder)
    for script in (ROOT / "tools/browser").glob("*.js"):
        shutil.copy(script, folder / "static")
    values = {
        "grain": grain,
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


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "site" / "try")
    asked = parser.parse_args(argv)
    for route, size in make(asked.out).items():
        print(f"{route}: {size / 1e6:.2f} MB")
    print(f"python -m http.server --directory {asked.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
