"""Figures for notebook, slide and site. Every figure carries its alt text into the page itself."""

import base64
import html
import io

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, NullFormatter
from skimage import segmentation

DOTS_PER_INCH = 144
# Okabe & Ito (2008): eight colours that people with any kind of colour vision tell apart.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#000000")

plt.rcParams.update(
    {
        "figure.constrained_layout.use": True,
        "font.size": 13,
        "axes.titlesize": 13,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.prop_cycle": plt.cycler(color=PALETTE),
        "image.interpolation": "nearest",
    }
)


def show_figure(figure, alt: str) -> None:
    """Display a Matplotlib figure with its alt text and close it."""
    display(bundle(picture_png(figure), alt), raw=True)


def bundle(png: bytes, alt: str) -> dict[str, str]:
    """What `IPython.display.display(..., raw=True)` takes. Raises what `html_of` raises."""
    return {"text/html": html_of(png, alt), "text/plain": alt}


def picture_png(figure) -> bytes:
    """A Matplotlib figure as the bytes of a PNG; closes the figure."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DOTS_PER_INCH, bbox_inches="tight", pad_inches=0.05)
    plt.close(figure)
    return buffer.getvalue()


def picture_html(figure, alt: str) -> str:
    """A Matplotlib figure as HTML, see `html_of`; closes the figure."""
    return html_of(picture_png(figure), alt)


def html_of(png: bytes, alt: str) -> str:
    """A PNG as an HTML `img` with its alt text: JupyterLab drops that of image/png.

    Raises ValueError for a missing alt text.
    """
    if not alt or not alt.strip():
        raise ValueError("A figure needs alt=: one sentence that says what is to be seen.")
    source = base64.b64encode(png).decode()
    return (
        f'<img class="course-figure" alt="{html.escape(alt, quote=True)}" '
        f'src="data:image/png;base64,{source}" style="max-width:100%">'
    )


def show_images(
    images, titles=None, alt="", columns=None, height=2.4, rows=(), legend=None
) -> None:
    """Pictures side by side; the arguments are those of `image_figure` and `show_figure`."""
    show_figure(image_figure(images, titles, columns, height, rows, legend), alt)


def image_figure(images, titles=None, columns=None, height=2.4, rows=(), legend=None):
    """Pictures side by side: each (H, W), (H, W, 1) or (H, W, 3), float [0, 1], uint8 or bool.

    titles: one short text per picture, or per column (then they stand above the first row).
    columns: pictures per row (all). height: inches per picture. rows: one short text per row.
    legend: {class: colour}, below the pictures.
    Raises ValueError if titles or rows are fewer or more.
    """
    images = [without_channel(image) for image in images]
    if not images:
        raise ValueError("There is no picture to show; give at least one.")
    columns = columns or len(images)
    lines, titles = -(-len(images) // columns), list(titles or ())
    _check_labels(titles, rows, len(images), columns, lines)
    ratio = max(image.shape[1] / image.shape[0] for image in images)
    width = min(columns * height * ratio, 12.5)
    title_room = 0.35 * -(-len(titles) // columns)
    figure, axes = plt.subplots(
        lines, columns, figsize=(width, lines * width / columns / ratio + title_room), squeeze=False
    )
    for axis in axes.flat[len(images) :]:
        axis.axis("off")
    for axis, text in zip(axes[:, 0], rows, strict=False):
        axis.text(-0.04, 0.5, text, transform=axis.transAxes, rotation=90, ha="right", va="center")
    for axis, image in zip(axes.flat, images, strict=False):
        draw_picture(axis, image)
    for axis, title in zip(axes.flat, titles, strict=False):
        axis.set_title(title)
    if legend:
        add_key(figure, legend)
    return figure


def add_key(figure, colours: dict) -> None:
    """{class: colour} below a figure."""
    patches = [Patch(facecolor=colour, edgecolor="black") for colour in colours.values()]
    figure.legend(patches, colours, loc="outside lower center", ncols=6, frameon=False)


def draw_picture(axis, image) -> None:
    """A picture in a thin frame: without one, white paper on a white page has no edge."""
    image = without_channel(image)
    axis.imshow(image, cmap="gray", vmin=0, vmax=255 if image.dtype == np.uint8 else 1)
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set(visible=True, color="#B8C4CC", linewidth=0.8)


def _check_labels(titles, rows, pictures: int, columns: int, lines: int) -> None:
    if len(titles) not in (0, columns, pictures):
        raise ValueError(f"{len(titles)} titles for {pictures} pictures, {columns} in a row.")
    if len(rows) not in (0, lines):
        raise ValueError(f"{len(rows)} texts for {lines} rows of pictures.")


def without_channel(image) -> np.ndarray:
    """(H, W, 1) as (H, W), as Matplotlib wants grey pictures; others as they are."""
    image = np.asarray(image)
    return image[..., 0] if image.ndim == 3 and image.shape[-1] == 1 else image


def best_and_worst(scores, each: int = 1) -> list[int]:
    """The numbers of the pictures to show: the `each` highest scores, then the `each` lowest.

    From high to low; where there are fewer than twice as many, all of them, each once.
    """
    order = np.argsort(scores)[::-1].tolist()
    return order if len(order) <= 2 * each else order[:each] + order[-each:]


def show_lines(x, lines: dict, labels: tuple[str, str], alt: str, **how) -> None:
    """Curves over `x`; the arguments are those of `line_figure`."""
    show_figure(line_figure(x, lines, labels, **how), alt)


def line_figure(x, lines: dict, labels: tuple[str, str], inches=(8, 3.4), log=False):
    """Curves over `x`: {name: values}, told apart by colour and dash; labels = (x axis, y axis)."""
    figure, axis = plt.subplots(figsize=inches)
    if log:
        plain_log(axis)
    for (name, values), dash in zip(lines.items(), ("-", "--", ":", "-.") * 2, strict=False):
        axis.plot(x, values, dash, label=name, linewidth=2)
    axis.set_xlabel(labels[0])
    axis.set_ylabel(labels[1])
    axis.legend(frameon=False)
    return figure


def plain_log(axis) -> None:
    """A logarithmic y axis with plain numbers, 0.05 and not 5 · 10⁻²."""
    axis.set_yscale("log")
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.yaxis.set_major_formatter("{x:g}")
    axis.yaxis.set_minor_formatter(NullFormatter())


def show_scores(scores: dict, name: str, alt: str) -> None:
    """One bar a competitor: {competitor: number}; the last is the course's and stands out."""
    figure, axis = plt.subplots(figsize=(9, 0.6 * len(scores) + 0.8))
    colours = ["#B8C4CC"] * (len(scores) - 1) + [PALETTE[0]]
    bars = axis.barh(list(scores), list(scores.values()), color=colours)
    axis.bar_label(bars, fmt="%.3f", padding=4)
    axis.invert_yaxis()
    axis.set_xlabel(name)
    axis.margins(x=0.12)
    show_figure(figure, alt)


def show_intervals(parts: dict, alt: str) -> None:
    """Means with their intervals, side by side; the arguments are those of `interval_figure`."""
    show_figure(interval_figure(parts), alt)


def interval_figure(parts: dict):
    """One chart a part: {title: {name: {"mean": …, "half_width_95": …}}}, as evidence is kept."""
    figure, axes = plt.subplots(1, len(parts), figsize=(12, 4.6), squeeze=False)
    for axis, (title, told) in zip(axes[0], parts.items(), strict=True):
        means, halves = zip(*((v["mean"], v["half_width_95"]) for v in told.values()), strict=True)
        axis.errorbar(list(told), means, halves, fmt="o", markersize=14, capsize=12, linewidth=3)
        axis.set(title=title, xlim=(-0.5, len(told) - 0.5))
        if np.subtract(means, halves).min() < np.add(means, halves).max() / 2:
            axis.set_ylim(0)  # else half of it would look like nothing
    return figure


def outlines(image: np.ndarray, labels: np.ndarray, colour=(1.0, 0.85, 0.1)) -> np.ndarray:
    """The picture (H, W, 1 or 3) in [0, 1] with a thin line around each labelled object (H, W)."""
    image = np.broadcast_to(image, labels.shape + (3,))
    return segmentation.mark_boundaries(image, labels, color=colour, mode="inner").astype(
        np.float32
    )


def overlay(image: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """The picture (H, W, 1 or 3) in grey, each class but the first laid over it: (H, W, 3) in [0, 1].

    shares: (H, W, classes), probabilities or, for a label, 0 and 1. The colours are blue, orange,
    green …, of `PALETTE`, as strong as the class is likely.
    """
    colours = np.array([to_rgb(name) for name in PALETTE[: shares.shape[-1] - 1]])
    grey = np.clip(image, 0, 1).mean(-1, keepdims=True)
    strength = 0.65 * shares[..., 1:]
    return ((1 - strength.sum(-1, keepdims=True)) * grey + strength @ colours).astype(np.float32)


def colour_labels(labels: np.ndarray) -> np.ndarray:
    """Integer labels (H, W) as colours (H, W, 3) in [0, 1]; 0 is black, neighbours in number differ."""
    wheel = plt.get_cmap("turbo")((np.arange(1, labels.max() + 1) * 0.381966) % 1)[:, :3]
    return np.vstack([np.zeros((1, 3)), wheel]).astype(np.float32)[labels]


def heat(values: np.ndarray, top: float) -> np.ndarray:
    """Numbers (H, W) in [0, top] as colours (H, W, 3) in [0, 1]: dark is low, yellow is high."""
    return plt.get_cmap("inferno")(np.clip(values / top, 0, 1))[..., :3].astype(np.float32)
