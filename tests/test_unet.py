import numpy as np
import pytest
from keras import layers

from course_utils.models.unet import border, context, output_side, unet


@pytest.mark.parametrize(
    "side, depth, expected",
    [(572, 4, 388), (188, 4, 4), (204, 4, 20), (92, 3, 4), (100, 3, 12), (44, 2, 4)],
)
def test_output_side_of_the_paper(side, depth, expected):
    assert output_side(side, depth) == expected


@pytest.mark.parametrize("side, following", [(187, 188), (1, 188), (189, 204), (573, 588)])
def test_output_side_names_the_next_that_fits(side, following):
    with pytest.raises(ValueError, match=f"the next that fits is {following}"):
        output_side(side, 4)


def by_the_layers(side, depth):
    """The side after each layer of figure 1, or None where a pooling meets an odd side."""
    for _ in range(depth):
        side -= 4
        if side < 2 or side % 2:
            return None
        side //= 2
    side -= 4
    for _ in range(depth):
        side = 2 * side - 4
    return side if side > 0 else None


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_output_side_agrees_with_layer_arithmetic(depth):
    for side in range(1, 260):
        expected = by_the_layers(side, depth)
        if expected is None:
            with pytest.raises(ValueError):
                output_side(side, depth)
        else:
            assert output_side(side, depth) == expected


def test_the_papers_network():
    model = unet((572, 572, 1), base=64, depth=4, padding="valid", dropout=0.5)
    assert model.output_shape == (None, 388, 388, 2)
    assert model.count_params() == 31_030_658  # the count of figure 1 with 2x2 up-convolutions
    convolutions = [x for x in model.layers if type(x) is layers.Conv2D]
    assert len(convolutions) == 19  # section 2: 23 convolutions, 4 of them go up
    assert [x.filters for x in convolutions[:10:2]] == [64, 128, 256, 512, 1024]
    crops = [x.cropping for x in model.layers if isinstance(x, layers.Cropping2D)]
    assert crops == [((n, n), (n, n)) for n in (4, 16, 40, 88)]


def test_valid_form_runs_at_unknown_sizes():
    model = unet((None, None, 1), classes=3, base=2, depth=2, padding="valid")
    for side in (44, 48, 60):
        image = np.zeros((1, side, side, 1), np.float32)
        assert model(image).shape == (1, output_side(side, 2), output_side(side, 2), 3)


def test_same_form_keeps_the_size():
    model = unet((None, None, 3), classes=3, base=2, depth=3, batch_norm=True)
    assert model(np.zeros((2, 24, 40, 3), np.float32)).shape == (2, 24, 40, 3)


def test_returns_logits():
    model = unet((None, None, 1), base=4, depth=2)
    image = np.random.default_rng(0).normal(size=(1, 32, 32, 1)).astype(np.float32)
    logits = np.asarray(model(50 * image))
    assert logits.min() < 0 and logits.max() > 1  # neither ReLU nor softmax at the end


def test_he_initialisation():
    model = unet((None, None, 64), base=64, depth=1)
    weights = next(x for x in model.layers if type(x) is layers.Conv2D).kernel
    assert np.std(np.asarray(weights)) == pytest.approx(np.sqrt(2 / 576), rel=0.02)


def test_no_pixel_sees_beyond_the_context():
    model = unet((None, None, 1), base=2, depth=2)
    reach, side = context(2), 96
    image = np.random.default_rng(0).random((1, side, side, 1)).astype(np.float32)
    changed = image.copy()
    changed[:, 40, 40] += 5
    difference = np.abs(np.asarray(model(changed)) - np.asarray(model(image))).max(axis=(0, 3))
    rows = np.flatnonzero(difference.max(axis=1) > 1e-7)
    assert len(rows) > 1
    assert 40 - rows.min() <= reach and rows.max() - 40 <= reach


def test_borders_of_the_paper():
    assert [border(depth) for depth in (2, 3, 4)] == [20, 44, 92]
    assert all(context(depth) % 2**depth == 0 for depth in (1, 2, 3, 4))


def test_another_padding_is_refused():
    with pytest.raises(ValueError, match='"same" or "valid"'):
        unet(padding="reflect")
