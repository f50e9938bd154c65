"""What a reader sees while a network trains: a bar that moves, one figure refreshed in place."""

import time

import keras
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from tqdm.auto import tqdm

from .figures import draw_picture, figure_bundle, plain_log


class Live(keras.callbacks.Callback):
    """A Keras callback with a progress bar and one live figure: loss curve and fixed pictures.

    steps: training steps in all. pictures: a function without arguments that returns a list of
    pictures (H, W) or (H, W, 3) in [0, 1], such as predictions on a fixed batch, or (pictures,
    titles). alt: what the figure shows.
    seconds: pause between two refreshes. parts: names of further logs to draw; then the axis is
    logarithmic. floor: what the loss can't fall below, drawn as a line. After `fit`, `losses` holds
    the loss of every step.
    """

    def __init__(self, steps: int, pictures, alt: str, seconds: float = 6.0, parts=(), floor=None):
        super().__init__()
        self.steps, self.pictures, self.alt, self.seconds = steps, pictures, alt, seconds
        self.losses: list[float] = []
        self.floor = floor
        self.parts: dict[str, list[float]] = {name: [] for name in parts}
        self._handle, self._drawn = None, 0.0

    def on_train_begin(self, logs=None):
        self._bar = tqdm(total=self.steps, unit="step", desc="training")
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
        self._bar.close()
        self._draw()

    def _draw(self):
        drawn = self.pictures()
        pictures, titles = drawn if isinstance(drawn, tuple) else (drawn, [""] * len(drawn))
        height = min(12 / (len(pictures) + 1.6), 3.6)
        ratios = [12 - height * len(pictures)] + [height] * len(pictures)
        figure, axes = plt.subplots(
            1, len(pictures) + 1, figsize=(12, height + 0.2), width_ratios=ratios
        )
        axes[0].plot(self.losses, alpha=0.3)
        axes[0].plot(smooth(self.losses), color="C0", linewidth=2, label="loss")
        if self.parts:
            for (name, values), dash in zip(self.parts.items(), ("--", ":", "-."), strict=False):
                axes[0].plot(smooth(values), dash, label=name)
        if self.floor:
            axes[0].axhline(self.floor, color="C1", linestyle="--", label="floor")
        if self.parts or self.floor:
            plain_log(axes[0])
            look = {"loc": "lower center", "bbox_to_anchor": (0.5, 1), "ncols": 3, "frameon": False}
            axes[0].legend(fontsize=10, handlelength=1.2, columnspacing=1, **look)
        else:
            axes[0].set_title("loss")
        axes[0].set(xlim=(0, self.steps), xlabel="step")
        for axis, picture, title in zip(axes[1:], pictures, titles, strict=True):
            draw_picture(axis, picture)
            axis.set_title(title)
        bundle = figure_bundle(figure, self.alt)
        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)
        self._drawn = time.monotonic()


def smooth(values, window: int = 15) -> np.ndarray:
    """The running mean over `window` values, as many before as after each (fewer at the ends)."""
    sums = np.cumsum(np.concatenate([[0.0], values]))
    places = np.arange(len(values))
    starts = np.maximum(places - window // 2, 0)
    ends = np.minimum(places + window // 2 + 1, len(values))
    return (sums[ends] - sums[starts]) / (ends - starts)
