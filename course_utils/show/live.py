"""What a reader sees while a network trains: a bar that moves, one figure refreshed in place."""

import io
import time

import keras
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from PIL import Image
from tqdm.auto import tqdm

from .. import paths
from .figures import add_key, bundle, draw_picture, picture_png, plain_log

FRAME = 600  # milliseconds


class Live(keras.callbacks.Callback):
    """A Keras callback with a progress bar and one live figure: loss curve and fixed pictures.

    steps: training steps in all. pictures: a function without arguments that returns a list of
    pictures (H, W) or (H, W, 3) in [0, 1], such as predictions on a fixed batch, or (pictures,
    titles). alt: what the figure shows.
    seconds: pause between two refreshes. parts: names of further logs to draw; then the axis is
    logarithmic. floor: what its mean can't fall below, drawn as a line. keep: a name; then the
    figure is kept, all its states one after the other, as work/<name>.gif. legend: {class: colour},
    below. After `fit`, `losses` holds the loss of every step, from step `first` on: a training that
    was stopped and goes on begins later.
    """

    def __init__(
        self,
        steps: int,
        pictures,
        alt: str,
        seconds: float = 6.0,
        parts=(),
        floor=None,
        keep="",
        legend=None,
    ):
        super().__init__()
        self.steps, self.pictures, self.alt, self.seconds = steps, pictures, alt, seconds
        self.losses: list[float] = []
        self.first = 0
        self.floor, self.legend = floor, legend
        self.parts: dict[str, list[float]] = {name: [] for name in parts}
        self._handle, self._drawn = None, 0.0
        self.keep, self._frames = keep, []

    def on_train_begin(self, logs=None):
        if self.params:  # of Keras: the steps that are left
            self.first = self.steps - self.params["steps"]
        self._bar = tqdm(total=self.steps, initial=self.first, unit="step", desc="training")
        self._draw()

    def on_train_batch_begin(self, batch, logs=None):
        self.model.reset_metrics()  # else Keras logs the mean of all steps so far

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(float(logs["loss"]))
        for name, values in self.parts.items():
            values.append(float(logs[name]))
        self._bar.update()
        self._bar.set_postfix(loss=f"{self.losses[-1]:.3f}", refresh=False)
        if time.monotonic() - self._drawn > self.seconds:
            self._draw()

    def on_train_end(self, logs=None):
        self._draw()
        if self.keep:
            self._keep()
        self._bar.close()

    def _draw(self):
        drawn = self.pictures()
        pictures, titles = drawn if isinstance(drawn, tuple) else (drawn, [""] * len(drawn))
        height = min(12 / (len(pictures) + 1.6), 3.6)
        ratios = [12 - height * len(pictures)] + [height] * len(pictures)
        room = 0.7 if self.legend else 0.2
        figure, axes = plt.subplots(
            1, len(pictures) + 1, figsize=(12, height + room), width_ratios=ratios
        )
        places = self.first + np.arange(len(self.losses))
        axes[0].plot(places, self.losses, alpha=0.3)
        axes[0].plot(places, smooth(self.losses), color="C0", linewidth=2, label="loss")
        if self.parts:
            for (name, values), dash in zip(self.parts.items(), ("--", ":", "-."), strict=False):
                axes[0].plot(places, smooth(values), dash, label=name)
        if self.floor:
            axes[0].axhline(self.floor, color="C1", linestyle="--", label="mean floor")
        if self.parts or self.floor:
            plain_log(axes[0])
            look = {"loc": "lower center", "bbox_to_anchor": (0.5, 1), "ncols": 4, "frameon": False}
            axes[0].legend(fontsize=10, handlelength=1.2, columnspacing=1, **look)
        else:
            axes[0].set_title("loss")
        axes[0].set(xlim=(0, self.steps), xlabel="step")
        for axis, picture, title in zip(axes[1:], pictures, titles, strict=True):
            draw_picture(axis, picture)
            axis.set_title(title)
        if self.legend:
            add_key(figure, self.legend)
        self._frames.append(picture_png(figure))
        shown = bundle(self._frames[-1], self.alt)
        if self._handle is None:
            self._handle = display(shown, raw=True, display_id=True)
        else:
            self._handle.update(shown, raw=True)
        self._drawn = time.monotonic()

    def _keep(self):
        """Write the GIF; a folder that can't be written costs one printed sentence."""
        path = paths.WORK / f"{self.keep}.gif"
        try:
            paths.write_atomically(path, moving(self._frames))
            self._bar.set_postfix_str(f"loss={self.losses[-1]:.3f}, kept as {paths.shown(path)}")
        except OSError as error:
            print(f"Not kept: {paths.trouble(error)}")


def moving(frames: list[bytes]) -> bytes:
    """PNGs of about one size as a GIF, at half their size; the last one stays for longer."""
    pictures = [Image.open(io.BytesIO(png)).convert("RGB").reduce(2) for png in frames]
    size = tuple(max(sides) for sides in zip(*(picture.size for picture in pictures), strict=True))
    sheets = [Image.new("RGB", size, "white") for _ in pictures]
    for sheet, picture in zip(sheets, pictures, strict=True):
        sheet.paste(picture)
    file, durations = io.BytesIO(), [FRAME] * (len(sheets) - 1) + [4 * FRAME]
    sheets[0].save(file, "GIF", save_all=True, append_images=sheets[1:], duration=durations, loop=0)
    return file.getvalue()


def smooth(values, window: int = 15) -> np.ndarray:
    """The running mean over `window` values, as many before as after each (fewer at the ends)."""
    sums = np.cumsum(np.concatenate([[0.0], values]))
    places = np.arange(len(values))
    starts = np.maximum(places - window // 2, 0)
    ends = np.minimum(places + window // 2 + 1, len(values))
    return (sums[ends] - sums[starts]) / (ends - starts)
