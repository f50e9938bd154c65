"""A set of pictures of one's own, out of videos and folders: `course data build`.

What is made is a folder of pictures and a `manifest.json`, {file: {"source", "licence",
"fingerprint"}}. The source is what a split keeps together (`splits`): all frames of a video have
one, each picture of a folder has its own; file names begin with it.
"""

import argparse
import functools
import json
import math
import os
import sys
import warnings
from pathlib import Path

import cv2
import numpy as np

from .. import images, paths
from . import readers

MANIFEST = "manifest.json"
KEYS = {"source", "licence", "fingerprint"}
UNKNOWN = "unknown"  # of a licence
LOOK = 8  # pixels a side: how two frames are compared
ALIKE = 0.02  # frames whose looks differ less in the mean, of 1, are near-duplicates
SHORT = 512  # pixels: a frame's shorter side, at most


def main(options) -> int:
    """`course data build SOURCE… --into FOLDER`: see `build`. Raises ValueError in one sentence."""
    parser = argparse.ArgumentParser(prog="course data", description="Sets of your own.")
    command = parser.add_subparsers(required=True).add_parser("build", description=build.__doc__)
    command.add_argument("sources", nargs="+", metavar="SOURCE", help="a video or a folder")
    command.add_argument("--into", required=True, metavar="FOLDER", help="where the set grows")
    command.add_argument(
        "--every", type=float, default=1.0, metavar="SECONDS", help="1 unless told"
    )
    command.add_argument("--licence", metavar="TEXT", help="of these sources, such as 'CC BY 4.0'")
    chosen = parser.parse_args(options)
    if not chosen.licence:
        print(f"Say what may be done with the pictures by --licence; it is noted as {UNKNOWN} now.")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, *_, **__: print(message, file=sys.stderr)
        build(**vars(chosen))
    return 0


def build(sources, into, every: float = 1.0, licence: str | None = None) -> dict:
    """Add videos and folders of pictures to the set in a folder, and return its manifest.

    Of a video a frame every `every` seconds is taken, unless it looks like one that was taken
    before; frames become PNG files whose shorter side is at most 512 pixels. The pictures of a
    folder are copied as they are; if it is such a set itself, its sources and licences are kept.
    A picture that is in the set already, under whatever name, is left out. The same call again goes
    on where the last one was stopped; each file is there whole or not at all.
    """
    sources, into = [_path(source) for source in sources], _path(into)
    _check(sources, into, every)
    growing = _Set(into, licence)
    for source in sources:
        before = len(growing.manifest)
        try:
            if source.is_dir():
                note = growing.add_folder(source)
            else:
                note = growing.add_video(source, every)
        finally:
            growing.write()
        print(f"{source.name}: {len(growing.manifest) - before} new pictures{note}.", flush=True)
    return growing.manifest


def read_manifest(folder) -> dict:
    """The manifest of a folder, {file name: {"source", …}}; {} where there is none.

    Raises ValueError, naming the file, where it is damaged.
    """
    file = Path(folder) / MANIFEST
    if not file.is_file():
        return {}
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
        if not all(KEYS <= set(entry) for entry in manifest.values()):
            raise ValueError("an entry lacks a key")
    except (ValueError, AttributeError, TypeError) as error:  # other text, other JSON
        raise ValueError(
            f"{file} is no manifest of pictures; delete the folder and build it again."
        ) from error
    return manifest


class _Set:
    """A set that grows: its folder, its manifest and the licence of what is added now."""

    def __init__(self, folder, licence):
        self.folder, self.licence, self.manifest = folder, licence, read_manifest(folder)
        self.seen = {entry["fingerprint"] for entry in self.manifest.values()}

    def add_video(self, video, every):
        """Add a video's frames; returns what is to be noted."""
        source, looks, alike = readers.name(video), [], 0
        for seconds, frame in _frames(video, every):
            look = images.resize(frame, (LOOK, LOOK)) / np.float32(255)
            if looks and np.abs(np.stack(looks) - look).mean((1, 2, 3)).min() < ALIKE:
                alike += 1
                continue
            looks.append(look)
            name = f"{source}-{seconds:010.3f}s.png"
            self._take(name, source, frame, functools.partial(images.write_image, image=frame))
        return f", {alike} near-duplicates left out"

    def add_folder(self, folder):
        """Add a folder's pictures; returns what is to be noted. The odd ones are left out as in `readers.gather`."""
        known = read_manifest(folder)

        def add_one(file):
            name = readers.composed(f"{folder.name}-{file.name}")
            entry = known.get(readers.composed(file.name), {})
            self._take(
                name,
                entry.get("source", Path(name).stem),
                readers.read(file),
                lambda target: paths.write_atomically(target, file.read_bytes()),
                entry.get("licence"),
            )

        files = readers.pictures(folder)
        if not files:
            raise ValueError(f"There is no picture in {folder}.")
        readers.gather(files, add_one)
        return ""

    def write(self):
        if not self.manifest:
            return
        text = json.dumps(self.manifest, indent=1, ensure_ascii=False, sort_keys=True)
        paths.write_atomically(self.folder / MANIFEST, text + "\n")

    def _take(self, name, source, picture, write, licence=None):
        """Write a picture, unless the set has it; note whose it is."""
        print_, entry = readers.fingerprint(picture), self.manifest.get(name)
        if entry and entry["fingerprint"] != print_:
            raise ValueError(
                f"{self.folder} has another picture called {name}; rename {source} or its folder."
            )
        if not entry and print_ in self.seen:
            return
        if not entry or not (self.folder / name).is_file():
            write(self.folder / name)
        known = [licence, self.licence, (entry or {}).get("licence")]
        licence = next((each for each in known if each not in (None, UNKNOWN)), UNKNOWN)
        self.manifest[name] = {"source": source, "licence": licence, "fingerprint": print_}
        self.seen.add(print_)


def _frames(video, every):
    """(seconds, frame) of a video's frames, `every` seconds one: uint8 (H, W, 3)."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # one sentence is enough
    opened, number, wanted = cv2.VideoCapture(str(video)), 0, 0
    rate, promised = (opened.get(key) for key in (cv2.CAP_PROP_FPS, cv2.CAP_PROP_FRAME_COUNT))
    while opened.grab():
        seconds = number / rate if rate > 0 else math.nan
        if seconds >= wanted * every - 1e-9:
            wanted = math.floor(seconds / every + 1e-9) + 1
            good, frame = opened.retrieve()
            if good:
                yield seconds, _shrunk(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))
        number += 1
    if not wanted:
        raise ValueError(
            f"{video} can't be read as a video (damaged, or another kind of file); convert it to MP4 "
            "and try again."
        )
    if number < 0.9 * promised:
        warnings.warn(
            f"{video} is cut off: {number} of its {promised:.0f} frames were read.", stacklevel=3
        )


def _shrunk(frame):
    height, width, _ = frame.shape
    share = min(1, SHORT / min(height, width))
    return images.resize(frame, (round(height * share), round(width * share)))


def _check(sources, into, every):
    if not 0 < every < math.inf:
        raise ValueError(f"--every is a number of seconds above 0, not {every}.")
    names = {}
    for source in sources:
        if not source.exists():
            raise ValueError(f"There is no video and no folder {source}.")
        if source == into:
            raise ValueError(f"{into} is a source and the folder to build into; choose another.")
        if source.is_file() and source.suffix.lower() in images.KINDS:
            raise ValueError(f"{source} is one picture; give its folder, or a video.")
        other = names.setdefault(readers.name(source) if source.is_file() else source.name, source)
        if other is not source:
            raise ValueError(f"{other} and {source} have one name; rename one of them.")


def _path(given) -> Path:
    return Path(os.path.abspath(os.path.expanduser(given)))
