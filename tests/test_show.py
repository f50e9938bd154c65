import base64
import functools
import io
import itertools

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from course_utils import paths, show
from course_utils.models import colorization, psp, stylegan
from course_utils.models.unet import unet
from course_utils.show import (
    colour_cost,
    cycle_way,
    figures,
    gatys_way,
    live,
    mask_rcnn_way,
    portions_way,
    psp_way,
    source,
    stylegan_way,
    things,
    widgets,
)


class Page:
    """Stands for the notebook: what was displayed, and what it was replaced by."""

    def __init__(self):
        self.bundles, self.updates = [], []

    def display(self, bundle, raw, display_id=None):
        self.bundles.append(bundle)
        return self if display_id else None

    def update(self, bundle, raw):
        self.updates.append(bundle)


@pytest.fixture
def page(monkeypatch):
    page = Page()
    for module in (figures, live):
        monkeypatch.setattr(module, "display", page.display)
    return page


@pytest.fixture
def shown(page):
    return page.bundles


def pixels(bundle):
    text = bundle["text/html"].split("base64,")[1].split('"')[0]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))).convert("RGB"))


def test_a_figure_carries_its_alt_text_and_is_closed(shown):
    figure, axis = plt.subplots()
    axis.plot([0, 1])
    show.show_figure(figure, 'loss "falls" & stays')
    assert 'alt="loss &quot;falls&quot; &amp; stays"' in shown[0]["text/html"]
    assert pixels(shown[0]).std() > 1 and plt.get_fignums() == []


def test_a_figure_without_alt_text_is_refused():
    with pytest.raises(ValueError, match="alt="):
        show.show_images([np.zeros((4, 4))])


def test_pictures_show_their_true_grey_values(shown):
    show.show_images([np.full((9, 9), 0.5), np.full((9, 9, 3), 255, np.uint8)], alt="grey, white")
    seen = pixels(shown[0])
    assert (seen == 127).all(-1).mean() > 0.2 or (seen == 128).all(-1).mean() > 0.2


def test_many_pictures_go_into_rows(shown):
    show.show_images(np.zeros((6, 4, 4, 3)), list("abcdef"), alt="six", columns=3)
    height, width, _ = pixels(shown[0]).shape
    assert 0.5 < height / width < 1.1


def test_columns_and_rows_are_labelled():
    figure = figures.image_figure(np.zeros((6, 4, 4)), list("abc"), columns=3, rows=["x", "y"])
    assert [axis.get_title() for axis in figure.axes] == ["a", "b", "c", "", "", ""]
    assert [[text.get_text() for text in axis.texts] for axis in figure.axes[::3]] == [["x"], ["y"]]
    figure = figures.image_figure(np.zeros((6, 4, 4)), list("abcdef"), columns=3)
    assert [axis.get_title() for axis in figure.axes] == list("abcdef")


@pytest.mark.parametrize("titles", ["ab", "abcdefg"])
def test_too_few_and_too_many_titles_are_refused(titles):
    with pytest.raises(ValueError, match=f"{len(titles)} titles for 6 pictures"):
        figures.image_figure(np.zeros((6, 4, 4)), titles, columns=3)


@pytest.mark.parametrize("rows", [["x"], list("xyz")])
def test_too_few_and_too_many_rows_are_refused(rows):
    with pytest.raises(ValueError, match=f"{len(rows)} texts for 2 rows"):
        figures.image_figure(np.zeros((6, 4, 4)), columns=3, rows=rows)


def test_pictures_one_pixel_wide_or_high_are_pictures(shown):
    for shape in ((1, 1), (1, 1, 3), (1, 1, 1), (1, 9, 3), (9, 1), (9, 1, 1)):
        show.show_images([np.full(shape, 0.5)], ["x"], alt="grey")
        assert pixels(shown.pop()).std() > 1


def test_no_picture_to_show_is_a_sentence(page):
    for none in ([], (), np.zeros((0, 4, 4, 3))):
        with pytest.raises(ValueError, match="no picture to show"):
            show.show_images(none, [], alt="none")


def test_the_best_and_the_worst_of_any_number():
    scores = [0.4, 0.9, 0.1, 0.7, 0.2]
    assert show.best_and_worst(scores, 2) == [1, 3, 4, 2]
    assert show.best_and_worst(scores) == [1, 2]
    assert show.best_and_worst(scores[:3], 2) == [1, 0, 2], "each once"
    assert show.best_and_worst([0.5]) == show.best_and_worst(np.array([0.5]), 2) == [0]
    assert show.best_and_worst([]) == []


def test_lines_and_scores_draw(shown):
    show.show_lines([0, 1], {"a": [0, 1], "b": [1, 0]}, ("x", "y"), alt="two lines cross")
    show.show_scores({"otsu": 0.5, "ours": 0.9}, "IoU", alt="ours is better")
    assert all(pixels(bundle).std() > 1 for bundle in shown)


def test_label_colours_are_stable_and_zero_is_black():
    colours = show.colour_labels(np.array([[0, 1], [2, 1]]))
    assert (colours[0, 0] == 0).all() and np.array_equal(colours[0, 1], colours[1, 1])
    assert not np.allclose(colours[0, 1], colours[1, 0])


def test_outlines_change_only_borders():
    labels = np.zeros((20, 20), int)
    labels[5:15, 5:15] = 1
    drawn = show.outlines(np.zeros((20, 20, 3), np.float32), labels)
    assert drawn[10, 10].sum() == 0 and drawn[5, 10].sum() > 1 and drawn[1, 1].sum() == 0
    assert np.array_equal(show.outlines(np.zeros((20, 20, 1), np.float32), labels), drawn)


def test_intervals_are_drawn_as_they_are_stored():
    seen = {"plain": {"mean": 2, "half_width_95": 0.5}, "weighted": {"mean": 1, "half_width_95": 0}}
    figure = figures.interval_figure({"merges": seen, "IoU": seen})
    assert [axis.get_title() for axis in figure.axes] == ["merges", "IoU"]
    assert [word.get_text() for word in figure.axes[1].get_xticklabels()] == list(seen)
    bars = figure.axes[0].collections[0].get_segments()
    plt.close(figure)
    assert [bar[:, 1].tolist() for bar in bars] == [[1.5, 2.5], [1, 1]]


def test_an_overlay_is_the_grey_picture_and_its_classes():
    shares = np.zeros((2, 3, 3), np.float32)
    shares[..., 0], shares[0, 0], shares[0, 1] = 1, (0, 1, 0), (0.5, 0, 0.5)
    drawn = show.overlay(np.full((2, 3, 3), 0.4, np.float32), shares)
    assert np.allclose(drawn[1], 0.4) and drawn.dtype == np.float32
    assert drawn[0, 0, 2] > drawn[0, 0, 0] and drawn[0, 1, 0] > drawn[0, 1, 2]  # blue, orange
    assert abs(drawn[0, 0] - 0.4).max() > abs(drawn[0, 1] - 0.4).max()  # as strong as it is likely


@pytest.mark.parametrize(("base", "depth"), [(12, 3), (64, 4)])
def test_the_diagram_of_the_u_shows_the_shapes_of_the_network(base, depth):
    figure = show.unet_diagram(np.zeros((128, 128, 3)), np.zeros((128, 128, 3)), base, depth, 3)
    told = {text.get_text() for text in figure.axes[0].texts}
    plt.close(figure)
    network = unet((128, 128, 3), classes=3, base=base, depth=depth)
    for layer in network.layers:
        side, _, channels = layer.output.shape[1:]
        if isinstance(layer, keras.layers.ReLU | keras.layers.Dropout):
            assert f"{side}² × {channels}" in told
        elif isinstance(layer, keras.layers.Concatenate):
            assert f"{side}² × ({channels // 2} + {channels // 2})" in told
    assert "picture\n128² × 3" in told and "classes\n128² × 3" in told


def test_a_legend_names_each_class_in_its_colour():
    classes = {"door": "red", "sill": "blue"}
    figure = figures.image_figure([np.zeros((8, 8))], legend=classes)
    (legend,) = figure.legends
    told = {
        text.get_text(): patch.get_facecolor()
        for text, patch in zip(legend.get_texts(), legend.get_patches(), strict=True)
    }
    plt.close(figure)
    assert told == {"door": (1, 0, 0, 1), "sill": (0, 0, 1, 1)}


@pytest.mark.parametrize("values", [[0.03, 4], [0.21, 0.45], [0.5, 90]])
def test_a_logarithmic_axis_has_plain_numbers(values):
    figure = figures.line_figure([1, 2], {"loss": values}, ("step", "loss"), log=True)
    figure.canvas.draw()
    (axis,) = figure.axes
    low, high = axis.get_ylim()
    shown = [text.get_text() for text in axis.get_yticklabels()]
    seen = [float(text) for text in shown if text and low <= float(text) <= high]
    plt.close(figure)
    assert len(seen) >= 2 and not any("e" in text for text in shown)


def long_headed(
    first_argument=1,
    second_argument=2,
):
    """Is not shown."""
    return first_argument + second_argument


def test_a_head_with_an_argument_per_line_is_wrapped():
    shown = source.source(long_headed)
    assert shown == (
        "def long_headed(first_argument=1, second_argument=2):\n"
        "    return first_argument + second_argument"
    )


def test_the_gradient_touches_nothing_that_was_computed_once():
    once = [box for *box, colour in gatys_way.BOXES.values() if colour == gatys_way.GREEN]
    ends = [end for way in gatys_way.GRADIENT for end in way]
    for x, y, width, height in once:
        apart = [abs(u - x) > width / 2 + 0.5 or abs(v - y) > height / 2 + 0.5 for u, v in ends]
        assert all(apart)
    assert len(once) == 2 and ends[-1] == (15, 20.5)  # at the picture's edge


def test_the_diagram_of_both_targets_shows_three_pictures():
    figure = gatys_way.gatys_way(*(np.full((8, 8, 3), value) for value in (0.1, 0.5, 0.9)))
    shown = [axis.get_images()[0].get_array().mean() for axis in figure.axes[0].child_axes]
    plt.close(figure)
    np.testing.assert_allclose(shown, [0.1, 0.5, 0.9])


def test_the_diagram_of_both_cycles_runs_through_both_generators_each_way():
    photos, sketches = (
        [np.full((8, 8, 3), v) for v in values] for values in ((0, 0.1, 0.2), (0.7, 0.8, 0.9))
    )
    figure = cycle_way.cycle_way(photos, sketches)
    shown = [axis.get_images()[0].get_array().mean() for axis in figure.axes[0].child_axes]
    words = [text.get_text() for text in figure.axes[0].texts]
    plt.close(figure)
    # x, G(x), F(G(x)); y, F(y), G(F(y))
    np.testing.assert_allclose(shown, [0, 0.8, 0.2, 0.7, 0.1, 0.9])
    for row in cycle_way.ROWS:
        boxes = [name for name, (_, up), _ in cycle_way.BOXES if up == row]
        assert sorted(boxes) == ["$F$", "$G$"]
    assert {"$x$", "$F(G(x))$", "$G(F(y))$", "$D_X$", "$D_Y$"} <= set(words)


@pytest.mark.parametrize("side", [64, 128])
def test_the_diagram_of_portions_shows_the_answers_of_the_networks(side):
    figure = portions_way.portions_way(*(np.full((side, side, 3), v) for v in (0.1, 0.5, 0.3)))
    shown = [axis.get_images()[0].get_array() for axis in figure.axes[0].child_axes]
    words = "\n".join(text.get_text() for text in figure.axes[0].texts)
    sizes = [text.get_fontsize() for text in figure.axes[0].texts]
    plt.close(figure)
    np.testing.assert_allclose([picture.mean() for picture in shown[:3]], [0.1, 0.3, 0.5])
    for name, seen in zip(colorization.PORTIONS, shown[3::2], strict=True):
        assert np.isclose((seen == 0.3).all(-1).sum(), side**2), "every pixel, apart or not"
        answers = colorization.portions(name, side).output_shape[1]
        assert f"{name}: " in words and f"{answers} × {answers} answers" in words
    assert "16 times" in words and "64 times" in words and min(sizes) >= 11


def test_every_network_has_one_mark_of_its_sort_and_the_truth_a_line():
    numbers = {"unet learned": (0.02, 0.5), "unet learned d8": (0.03, 1.2), "unet rgb": (0.04, 0.6)}
    rows = {
        name: {"a": dict(zip(("mad_mean", "objects"), at, strict=True))}
        for name, at in numbers.items()
    }
    figure = colour_cost.colour_cost(rows, ["unet learned", "unet learned d8"], {"a": "title"})
    lines = {line.get_label(): line for line in figure.axes[0].lines}
    plt.close(figure)
    at = {name: tuple(line.get_xydata()[0]) for name, line in lines.items()}
    assert at["autoencoder"] == (0.02, 0.5) and at["d8"] == (0.03, 1.2) and at["rgb"] == (0.04, 0.6)
    assert set(lines) == {"autoencoder", "d8", "rgb", "more adversarial", "the truth's"}
    assert (lines["the truth's"].get_ydata() == np.ones(2)).all()


def test_portions_stand_apart_in_their_places():
    picture = np.arange(48.0).reshape(4, 4, 3) / 48
    cut = portions_way.apart(picture, 2, 1)
    assert cut.shape == (8, 8, 3) and np.array_equal(cut[5:7, 1:3], picture[2:, :2])
    assert (cut[:, [0, 3, 4, 7]] == 1).all() and (cut[[0, 3, 4, 7]] == 1).all()
    assert np.array_equal(portions_way.apart(picture, 1, 1), picture)


def test_the_two_stages_have_all_five_losses_and_both_pictures():
    figure = mask_rcnn_way.mask_rcnn_way(np.full((8, 8, 3), 0.2), np.full((8, 8, 3), 0.9))
    shown = [axis.get_images()[0].get_array().mean() for axis in figure.axes[0].child_axes]
    words = "\n".join(text.get_text() for text in figure.axes[0].texts)
    sizes = [text.get_fontsize() for text in figure.axes[0].texts]
    plt.close(figure)
    np.testing.assert_allclose(shown, [0.2, 0.9])
    for part in ("objectness", "anchor", "cls", "box}}", "mask}}", "RPN", "RoIAlign", "mask head"):
        assert part in words
    assert min(sizes) >= 11


def drawn(figure):
    """(means of the pictures, texts, their sizes, the boxes of the texts as drawn) of a diagram."""
    figure.canvas.draw()
    axis = figure.axes[0]
    shown = [child.get_images()[0].get_array().mean() for child in axis.child_axes]
    places = [text.get_window_extent() for text in axis.texts if text.get_text()]
    sizes = [text.get_fontsize() for text in axis.texts]
    plt.close(figure)
    return shown, [text.get_text() for text in axis.texts], sizes, places


def apart(places):
    return not any(a.overlaps(b) for n, a in enumerate(places) for b in places[:n])


def test_the_way_of_a_stylegan_has_its_blocks_and_each_styles_arrows():
    figure = stylegan_way.stylegan_way(np.full((64, 64, 3), 0.25))
    arrows = [text for text in figure.axes[0].texts if getattr(text, "arrow_patch", None)]
    shown, words, sizes, places = drawn(figure)
    assert shown[0] == 0.25 and len(shown) == 1 + 5 and min(sizes) >= 10
    for side in stylegan.SHIPPED.sides:
        assert f"{side} × {side}" in words
    assert [word for word in words if word.isdigit()] == list(map(str, range(10)))
    assert words.count("toRGB") == 5 and words.count("+") == words.count("× 2") == 4
    assert {"mapping", "discriminator", "noise", "coarse styles", "middle styles"} <= set(words)
    assert apart(places)
    starts = [
        round((a.xyann[0] - stylegan_way.COLUMNS[0]) / 7.5) for a in arrows if a.xyann[1] == 31.8
    ]
    assert starts == [0, 1, 1, 2, 3, 3, 4, 5, 5, 6, 7, 7, 8, 9]  # odd ones steer two blocks


def test_the_colours_of_styles_are_the_levels_of_the_encoder():
    counts = {name: count or stylegan.SHIPPED.styles - 6 for name, count in psp.LEVELS.items()}
    colours = {name: colour for _, name, _, colour in psp_way.LEVELS}
    assert {name: count for _, name, count, _ in psp_way.LEVELS} == counts
    expected = [colours[name] for name, count in counts.items() for _ in range(count)]
    assert stylegan_way.COLOURS == expected


@pytest.mark.parametrize("channels", [1, 3])
def test_the_way_of_psp_shows_both_pictures_all_maps_and_four_losses(channels):
    source, answer = np.full((64, 64, channels), 0.2), np.full((64, 64, 3), 0.9)
    shown, words, sizes, places = drawn(psp_way.psp_way(source, answer))
    np.testing.assert_allclose(shown, [0.2, 0.9])
    said = "\n".join(words)
    for part in ("8 × 8", "16 × 16", "32 × 32", "3 coarse", "3 middle", "4 fine", "mean\nstyle"):
        assert part in words
    for part in ("frozen", "$L_2$", "perceptual", "identity", "W-norm", "map2style"):
        assert part in said
    assert apart(places) and min(sizes) >= 10


def two_things():
    masks = np.zeros((2, 16, 16), bool)
    masks[0, 2:8, 2:8] = masks[1, 6:12, 6:14] = True
    boxes = np.float32([[2, 2, 8, 8], [6, 6, 12, 14]])
    return {"masks": masks, "boxes": boxes, "classes": np.array([2, 1])}


def test_things_have_names_scores_boxes_and_outlines():
    found = two_things() | {"scores": np.array([0.9, 0.55])}
    picture = np.full((16, 16, 3), 0.5, np.float32)
    figure = things.things_figure([picture], [found], ["apple", "cup"], ["found"])
    axis = figure.axes[0]
    assert [text.get_text() for text in axis.texts] == ["cup .90", "apple .55"]
    assert [patch.get_bbox().bounds for patch in axis.patches] == [
        (1.5, 1.5, 6, 6),
        (5.5, 5.5, 8, 6),
    ]
    assert axis.get_title() == "found" and len(axis.collections) == 2
    plt.close(figure)
    figure = things.things_figure([picture], [two_things()], ["apple", "cup"])
    assert [text.get_text() for text in figure.axes[0].texts] == ["cup", "apple"]
    plt.close(figure)


def things_in_a_row(count):
    masks = np.zeros((count, 64, 64), bool)
    boxes = np.float32([[2 + n, 2 + n, 30 + n, 30 + n] for n in range(count)])
    for n, mask in enumerate(masks):
        mask[2 + n : 30 + n, 2 + n : 30 + n] = True
    return {"masks": masks, "boxes": boxes, "classes": np.ones(count, int)}


@pytest.mark.parametrize("count", [2, 9, things.CROWD])
def test_no_name_covers_another_or_leaves_the_picture(count):
    figure = things.things_figure(
        [np.zeros((64, 64, 3))], [things_in_a_row(count)], ["a long name"]
    )
    axis = figure.axes[0]
    rooms = [text.get_window_extent() for text in axis.texts]
    assert rooms and len(axis.patches) == count
    assert not any(a.overlaps(b) for a, b in itertools.combinations(rooms, 2))
    assert all(axis.bbox.x0 <= room.x0 + 1 and room.x1 <= axis.bbox.x1 + 1 for room in rooms)
    plt.close(figure)


def test_of_a_crowd_there_are_outlines_only():
    crowd = things_in_a_row(things.CROWD + 1)
    figure = things.things_figure([np.zeros((64, 64, 3))], [crowd], ["nucleus"])
    axis = figure.axes[0]
    assert not axis.texts and not axis.patches and len(axis.collections) == things.CROWD + 1
    plt.close(figure)


def test_the_best_thing_lies_on_top_and_the_rest_of_the_picture_stays():
    picture, found = np.full((16, 16, 3), 0.5, np.float32), two_things()
    laid = things.coloured(picture, found, strength=1)
    assert np.array_equal(laid[7, 7], laid[3, 3]) and not np.array_equal(laid[7, 7], laid[9, 9])
    outside = ~found["masks"].any(axis=0)
    assert np.array_equal(laid[outside], picture[outside]) and (picture == 0.5).all()


def test_heat_runs_from_dark_to_bright():
    colours = show.heat(np.array([[0.0, 5.0, 10.0, 99.0]]), top=10).sum(-1)[0]
    assert colours[0] < colours[1] < colours[2] == colours[3]


def documented(value):
    """Not shown."""
    return value + 1


def test_source_is_live_and_leaves_the_docstring_out():
    assert source.source(documented) == "def documented(value):\n    return value + 1"


@functools.cache
def decorated(value):
    """Not shown."""
    return value


def test_source_leaves_decorators_out():
    assert source.source(decorated.__wrapped__) == "def decorated(value):\n    return value"


def test_source_longer_than_a_slide_is_refused():
    with pytest.raises(ValueError, match="slide"):
        source.source(keras.Model.compile)


def test_live_shows_bar_curve_and_pictures_in_place(page):
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    watch = live.Live(3, lambda: [np.zeros((4, 4, 3)), np.zeros((1, 5, 1))], alt="loss falls")
    model.fit(np.ones((6, 2)), np.ones((6, 1)), batch_size=2, verbose=0, callbacks=[watch])
    assert len(watch.losses) == 3 and watch._bar.n == 3
    assert len(page.bundles) == 1 and 'alt="loss falls"' in page.updates[-1]["text/html"]
    assert pixels(page.updates[-1]).shape != () and page.updates[-1] != page.bundles[0]


def test_live_goes_on_where_a_training_was_stopped(page, monkeypatch):
    drawn = []
    monkeypatch.setattr(live, "picture_png", lambda figure: drawn.append(figure) or b"")
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    watch = live.Live(5, lambda: [np.zeros((4, 4, 3))], alt="loss falls")
    model.fit(np.ones((6, 2)), np.ones((6, 1)), batch_size=2, verbose=0, callbacks=[watch])
    assert (watch.first, watch._bar.n, watch._bar.total) == (2, 5, 5)
    assert list(drawn[-1].axes[0].lines[0].get_xdata()) == [2, 3, 4]
    plt.close("all")


@pytest.mark.parametrize("titles", [["input", "answer"], ["photograph", "sketch"]])
def test_live_pictures_have_titles(page, monkeypatch, titles):
    drawn = []
    monkeypatch.setattr(live, "picture_png", lambda figure: drawn.append(figure) or b"")
    told = things.key(["apple", "cup"])
    live.Live(3, lambda: (np.zeros((2, 4, 4)), titles), alt="loss falls", legend=told)._draw()
    assert [axis.get_title() for axis in drawn[0].axes] == ["loss", *titles]
    assert [text.get_text() for text in drawn[0].legends[0].texts] == ["apple", "cup"]
    plt.close(drawn[0])


def test_what_was_watched_is_kept_as_a_gif(page, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(paths, "WORK", tmp_path / "work")
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    watch = live.Live(3, lambda: [np.zeros((4, 4, 3))], alt="loss falls", seconds=0, keep="99_toy")
    model.fit(np.ones((6, 2)), np.ones((6, 1)), batch_size=2, verbose=0, callbacks=[watch])
    with Image.open(tmp_path / "work" / "99_toy.gif") as gif:
        assert gif.n_frames == 4 and gif.info["loop"] == 0  # the last two are alike
        first = np.asarray(gif.convert("RGB"), int)
        gif.seek(3)
        assert np.abs(np.asarray(gif.convert("RGB"), int) - first).max() > 100
    assert "99_toy.gif" in capsys.readouterr().err  # in the bar
    (tmp_path / "work").rename(tmp_path / "gone")
    (tmp_path / "work").write_text("a file in the folder's place")
    watch._keep()
    assert "Not kept: " in capsys.readouterr().out


def test_smooth_is_a_running_mean_that_lies_on_its_data():
    assert np.allclose(live.smooth([1, 2, 6, 3], window=3), [1.5, 3, 11 / 3, 4.5])
    assert np.allclose(live.smooth(np.arange(40.0))[7:-7], np.arange(40)[7:-7])
    assert live.smooth([]).size == 0


def test_a_button_draws_when_it_is_pressed_and_can_be_pressed_again(monkeypatch):
    monkeypatch.setattr(widgets, "display", lambda box: None)
    seen = []

    def draw():
        seen.append((button.disabled, button.description))
        if len(seen) == 2:
            raise ValueError("no luck")
        return [np.zeros((4, 4))], ["black"]

    button, picture = show.on_button("Paint: about 40 s", draw, alt="A black square.").children
    assert picture.value == "" and not seen
    button.click()
    assert 'alt="A black square."' in picture.value
    assert seen == [(True, "Working …")]
    button.click()  # the error is shown by the notebook
    assert (button.disabled, button.description) == (False, "Paint: about 40 s")
