"""The U-Net of Ronneberger, Fischer and Brox (2015): the paper's form and the everyday form."""

import keras
from keras import layers

ANY_SIZE = (None, None, 3)  # colour pictures


def unet(
    input_shape=ANY_SIZE, classes=2, base=16, depth=3, padding="same", batch_norm=False, dropout=0.0
):
    """A U-Net: a contracting path, an expanding path, and a skip connection at every scale.

    Input (N, H, W, C), float32. Output (N, H', W', classes): logits, never squashed.
    `base` channels at full size, twice as many at each of the `depth` halvings.

    - padding="same": H' = H, W' = W; both sides must be divisible by 2**depth.
    - padding="valid": the paper's form, which looks at no pixel outside the image.
      H' = H - 2*border(depth); `output_side` says which sides fit. The paper's network is
      unet((572, 572, 1), base=64, depth=4, padding="valid", dropout=0.5), output 388x388.

    `dropout` is the rate at the end of the contracting path. Raises ValueError for another
    padding. Source: U-Net (2015), figure 1 and section 3 (initial weights: He normal).
    """
    if padding not in ("same", "valid"):
        raise ValueError(f'padding is "same" or "valid", not {padding!r}.')
    image = keras.Input(input_shape)  # (N, H, W, C)
    x, skips = image, []
    for level in range(depth):  # contracting path
        x = two_convolutions(x, base * 2**level, padding, batch_norm)
        skips.append(x)  # (N, H/2^l, W/2^l, base*2^l)
        x = layers.MaxPooling2D(2)(x)
    x = two_convolutions(x, base * 2**depth, padding, batch_norm)  # the bottom
    x = layers.Dropout(dropout)(x)
    for level in reversed(range(depth)):  # expanding path
        x = up_and_join(x, skips[level], base * 2**level, crop_of(level, depth, padding))
        x = two_convolutions(x, base * 2**level, padding, batch_norm)
    logits = layers.Conv2D(classes, 1, name="logits", dtype="float32")(x)  # (N, H', W', classes)
    return keras.Model(image, logits, name="unet")


def two_convolutions(x, channels, padding, batch_norm=False):
    """Twice: 3x3 convolution, batch normalisation if wanted, ReLU."""
    settings = {"use_bias": not batch_norm, "kernel_initializer": "he_normal"}
    for _ in range(2):
        x = layers.Conv2D(channels, 3, padding=padding, **settings)(x)
        x = layers.BatchNormalization(momentum=0.9)(x) if batch_norm else x
        x = layers.ReLU()(x)
    return x  # (N, H or H-4, ..., channels)


def up_and_join(x, skip, channels, crop):
    """The up-convolution doubles the size and halves the channels; the skip joins it, cropped."""
    x = layers.Conv2DTranspose(channels, 2, strides=2, kernel_initializer="he_normal")(x)
    skip = layers.Cropping2D(crop)(skip) if crop else skip
    return layers.Concatenate()([skip, x])  # (N, 2h, 2w, 2*channels)


def crop_of(level, depth, padding):
    """Pixels that a skip at `level` loses on each side before it joins the expanding path.

    Same padding loses none. Valid: two convolutions lose 2 pixels a side, and each step up
    doubles what was lost below: 4, 16, 40, 88 from the bottom of the paper's network.
    """
    if padding == "same":
        return 0
    return 4 if level == depth - 1 else 2 * (crop_of(level + 1, depth, padding) + 4)


def border(depth):
    """Pixels that the valid form loses on each side: 92 for the paper's depth 4, 44 for depth 3."""
    return crop_of(0, depth, "valid") + 4


def context(depth):
    """Pixels on each side that a same-padded U-Net can see: the border to cut off its tiles.

    48 for depth 3, 96 for depth 4; a multiple of 2**depth, so that tiles laid this way
    meet the poolings in step.
    """
    return border(depth) + 4


def output_side(side, depth):
    """Output side of the valid form for an input side: 572 -> 388, 188 -> 4 at depth 4.

    Raises ValueError for a side that some pooling would not divide by two, naming the next
    one that fits.
    """
    lost = 2 * border(depth)
    left = max(1, side - lost)
    left += (4 - left) % 2**depth  # the next that fits
    if side != left + lost:
        raise ValueError(
            f"A valid U-Net of depth {depth} takes no side of {side} pixels; "
            f"the next that fits is {left + lost}."
        )
    return left
