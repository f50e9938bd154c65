"""Every loss of the course: functions of tensors, written in `keras.ops`."""

import numpy as np
from keras import ops

from .arguments import CLASSES, FLAG, FLOATS, WEIGHTS, number
from .arguments import takes_tensors as takes


@takes(labels=CLASSES("B H W"), logits=FLOATS("B H W K"), weights=WEIGHTS("B H W"))
def weighted_cross_entropy(labels, logits, weights):
    """Cross-entropy in which each pixel x counts with its own weight w(x).

    E = - mean over batch and pixels of  w(x) · log p_l(x)(x),   p = softmax(logits)

    Ronneberger, Fischer, Brox (2015), "U-Net", eq. 1, with the minus sign that is missing there,
    and the mean in the place of the sum. 0 at best, no upper limit.

    labels: (B, H, W) integers 0..K-1, the true class l(x).  logits: (B, H, W, K) floats of any
    size, before softmax.  weights: (B, H, W), at least 0.
    Returns a scalar in float32 (float64 if an argument is float64; float16 is computed in float32).
    Raises TypeError for labels that aren't integers or logits that aren't floats, ValueError for
    shapes that don't fit, labels outside 0..K-1 (such as -1 or 255 for "void") and values that
    aren't finite. In a graph, whose values nobody sees, such labels make it NaN.

    `model.fit` gets the same number from `SparseCategoricalCrossentropy(from_logits=True)` with the
    weights as `sample_weight`: both divide by the number of pixels, not by the sum of the weights.
    """
    log_p = ops.log_softmax(logits, axis=-1)  # (B, H, W, K)
    log_p_true = ops.take_along_axis(log_p, labels[..., None], axis=-1)[..., 0]  # (B, H, W)
    return -ops.mean(weights * log_p_true)  # one number


@takes(targets=WEIGHTS("B H W K"), logits=FLOATS("B H W K"), weights=WEIGHTS("B H W"))
def soft_cross_entropy(targets, logits, weights):
    """Cross-entropy with a distribution per pixel in the place of one class.

    E = - mean over batch and pixels of  v(x) · Σ_q z_q(x) log p_q(x),   p = softmax(logits)

    Zhang, Isola, Efros (2016), "Colorful image colorization", eq. 2, with the mean in the place of the
    sum. At best the weighted mean of the targets' entropies, no upper limit.

    targets: z, (B, H, W, K), sums of 1.  logits: (B, H, W, K).  weights: v, (B, H, W), at least 0.
    Returns a scalar. Raises TypeError for other types, ValueError for shapes that don't fit, values
    below 0 in targets and weights, and values that aren't finite.
    """
    log_p = ops.log_softmax(logits, axis=-1)  # (B, H, W, K)
    return -ops.mean(weights * ops.sum(targets * log_p, axis=-1))  # one number


@takes(
    truth=FLOATS("B H≥11 W≥11 C"), prediction=FLOATS("B H≥11 W≥11 C"), data_range=number("(0, 1e9]")
)
def structural_dissimilarity(truth, prediction, data_range=1.0):
    """1 minus the mean structural similarity (SSIM) of grey pictures: a loss that looks at windows.

    SSIM = (2 μx μy + c1) (2 σxy + c2) / ((μx² + μy² + c1) (σx² + σy² + c2)),
    c1 = (0.01 L)², c2 = (0.03 L)², L = data_range, largest minus smallest possible value: 1 for
    [0, 1], 2 for [-1, 1]. The mean μ, variance σ² and covariance σxy are taken in Gaussian windows
    of σ = 1.5 (11 × 11 pixels), each as two passes with 11 weights. Wang et al. (2004), eq. 13.

    truth, prediction: (B, H, W, C) floats, H and W at least 11; each channel counts for itself.
    Returns a scalar in [0, 2], 0 at best, as 1 - `metrics.ssim`.
    Raises TypeError for integers, ValueError for shapes that don't fit and values not finite.
    """
    x, y = truth, prediction
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    means = _gaussian_windows(ops.concatenate([x, y, x * x, y * y, x * y], axis=-1))
    mx, my, xx, yy, xy = ops.split(means, 5, axis=-1)  # (B, H - 10, W - 10, C) each
    likeness = (2 * mx * my + c1) * (2 * (xy - mx * my) + c2)
    return 1 - ops.mean(likeness / ((mx**2 + my**2 + c1) * (xx - mx**2 + yy - my**2 + c2)))


def _gaussian_windows(pictures, sigma=1.5, radius=5):
    """Weighted means over windows of 11 × 11 pixels that fit in: (B, H - 10, W - 10, C)."""
    weights = np.exp(-((np.arange(-radius, radius + 1) / sigma) ** 2) / 2)
    line = np.tile((weights / weights.sum())[:, None, None, None], (1, 1, pictures.shape[-1], 1))
    for kernel in (line, line.swapaxes(0, 1)):
        pictures = ops.depthwise_conv(pictures, ops.cast(kernel, pictures.dtype))
    return pictures


# Adversarial games and cycles ----------------------------------------------------------------------


@takes(logits=FLOATS("..."), real=FLAG)
def adversarial_loss(logits, real):
    """Cross-entropy of a discriminator's logits with "all real" or "all fake".

    mean -log D for real=True, mean -log(1 - D) for real=False, D = sigmoid(logits), in a form
    that never overflows. 0 at best, log 2 when undecided, no upper limit.
    The generator minimises it for real=True on its fakes instead of maximising the other:
    Goodfellow et al. (2014), section 3, because its gradient doesn't vanish where D is sure.
    logits: floats of any shape.  real: True or False. Returns a scalar.
    """
    return ops.mean(ops.softplus(-logits if real else logits))


@takes(scores=FLOATS("..."), aim=number("[0, 1]"))
def least_squares(scores, aim):
    """Mean squared distance of a discriminator's scores from `aim`: 1 is real, 0 is fake.

    0 at best; 0.25 where it says one half everywhere. Unlike cross-entropy it pulls at fakes that
    pass, too, as long as they aren't at 1. scores: floats of any shape. Returns a scalar.
    Source: Mao et al. (2017), eq. 2 and 9.
    """
    return ops.mean(ops.square(scores - aim))


@takes(difference=FLOATS("..."), beta=number("(0, 1e9]"))
def smooth_l1(difference, beta=1.0):
    """Huber's loss: a parabola near 0, a straight line beyond, so that no far box rules the step.

    d²/(2β) where |d| < β, |d| - β/2 elsewhere. At least 0, no upper limit.

    difference: (...), of any shape. beta: above 0. Returns (...), not their mean.
    Raises TypeError for other types, ValueError for values that aren't finite.
    Source: Girshick (2015), "Fast R-CNN", eq. 3, where β is 1.
    """
    far = ops.abs(difference)
    return ops.where(far < beta, far**2 / (2 * beta), far - beta / 2)


@takes(first=FLOATS("..."), second=FLOATS("..."))
def absolute(first, second):
    """Mean absolute difference |first - second|, the L1 of cycles and identity; 0 at best.

    first, second: floats of one shape (any). Returns a scalar. Source: Zhu et al. (2017), eq. 2.
    """
    return ops.mean(ops.abs(first - second))


# Style transfer ----------------------------------------------------------------------------------


@takes(features=FLOATS("B H W N"), target=FLOATS("B H W N"))
def content_loss(features, target):
    """Half the squared distance of a layer's activations from those of the content picture.

    L = ½ Σ (F - P)²   over all channels and places of a picture

    Gatys, Ecker, Bethge (2016), "Image style transfer", eq. 1. Source slides print it without the
    square. features, target: (B, H, W, N) floats. Returns (B,), 0 at best, no upper limit.
    Raises TypeError for integers, ValueError for other shapes and values that aren't finite.
    """
    return ops.sum((features - target) ** 2, axis=(1, 2, 3)) / 2


@takes(features=FLOATS("B H W N"))
def gram_matrix(features):
    """How much two channels are on in the same places, for all pairs; where is forgotten.

    G_ij = Σ_k F_ik F_jk   over the M = H·W places k

    Gatys et al. (2016), eq. 3: a product, not a sum. features: (B, H, W, N). Returns (B, N, N),
    symmetric, without negative eigenvalues. Raises as `content_loss` does.
    """
    _, _, _, channels = features.shape
    flat = ops.reshape(features, (ops.shape(features)[0], -1, channels))  # (B, M, N)
    return ops.matmul(ops.swapaxes(flat, 1, 2), flat)  # (B, N, N)


@takes(
    gram=FLOATS("B N N"),
    target=FLOATS("N N | B N N"),
    places=number("[1, inf)"),
    target_places=number("[1, inf)"),
)
def style_loss(gram, target, places, target_places=None):
    """Distance of a layer's Gram matrix from that of the style picture.

    E = 1 / (4 N² M²) Σ (G - A)²   with the layer's own N channels and M places

    Gatys et al. (2016), eq. 4; their style picture has the size of the result. For one of another
    size, `target_places` is its own M', and E = 1 / (4 N²) Σ (G / M - A / M')²: the same where both
    are equal. gram: G, (B, N, N). target: A, (N, N) or (B, N, N). places: M = H·W of the layer.
    Returns (B,), 0 at best. Raises ValueError for matrices that don't fit, as of two layers.
    """
    target_places = places if target_places is None else target_places
    off = gram / places - target / target_places  # (B, N, N)
    return ops.sum(off**2, axis=(1, 2)) / (4 * gram.shape[-1] ** 2)


@takes(pictures=FLOATS("B H W C"))
def total_variation(pictures):
    """Squared steps between neighbouring pixels, down and to the right, summed over a picture.

    V = Σ (x[i+1, j] - x[i, j])² + (x[i, j+1] - x[i, j])²

    Mahendran and Vedaldi (2015), "Understanding deep image representations", section 3.2, β = 2.
    (`tf.image.total_variation` sums absolute steps.) pictures: (B, H, W, C). Returns (B,), 0 for
    one flat colour. Raises as `content_loss` does.
    """
    x = pictures
    down, right = x[:, 1:] - x[:, :-1], x[:, :, 1:] - x[:, :, :-1]
    return ops.sum(down**2, axis=(1, 2, 3)) + ops.sum(right**2, axis=(1, 2, 3))


# Faces -------------------------------------------------------------------------------------------


@takes(features=FLOATS("B H W N"), target=FLOATS("B H W N"))
def perceptual_distance(features, target):
    """How far a layer's activations are from a target's, in direction: 0 at best, 4 at most.

    Σ_c (f_c / |f| - t_c / |t|)² at each place, mean over places and pictures. |f| is the length of
    the vector of all channels at a place, so that bright and faint layers count alike.

    Zhang et al. (2018), "The unreasonable effectiveness of deep features", eq. 1, with all weights
    w_l 1. features, target: (B, H, W, N). Returns a scalar. Raises as `content_loss` does.
    """
    features, target = (
        x * ops.rsqrt(ops.sum(x**2, axis=-1, keepdims=True) + 1e-8) for x in (features, target)
    )
    return ops.mean(ops.sum((features - target) ** 2, axis=-1))


@takes(vectors=FLOATS("B D"), target=FLOATS("B D"))
def identity_loss(vectors, target):
    """1 minus the cosine of what a recognition network says of two pictures; 0 for one person.

    Mean over the pairs, 2 at most. vectors, target: unit vectors (B, D). Returns a scalar.
    Richardson et al. (2021), "Encoding in style", eq. 4.
    """
    return 1 - ops.mean(ops.sum(vectors * target, axis=-1))


# Flow matching -----------------------------------------------------------------------------------


@takes(velocity=FLOATS("..."), noise=FLOATS("..."), picture=FLOATS("..."))
def flow_matching_loss(velocity, noise, picture):
    """Mean squared distance of a velocity from the straight path that leads from noise to picture.

    L = mean (v - (x_1 - x_0))²,   x_0 = noise, x_1 = picture

    Many straight paths cross at one place and time, and the best v there is their mean. So L doesn't
    reach 0, and its floor is the variance of these paths. velocity, noise, picture: floats of one
    shape (any). Returns a scalar. Raises as `absolute` does.
    Lipman et al. (2023), "Flow matching for generative modeling", eq. 23 with σ_min = 0; Liu et al.
    (2023), "Flow straight and fast", eq. 1.
    """
    return ops.mean((velocity - (picture - noise)) ** 2)
