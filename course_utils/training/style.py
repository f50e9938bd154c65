"""Style transfer by optimisation: what is learned is the picture itself.

Source: Gatys, Ecker, Bethge (2016), "Image style transfer using convolutional neural networks".
"""

import contextlib
import functools
import time
from collections import deque

import numpy as np
import tensorflow as tf

from .. import arguments, images, losses
from ..arguments import RGB, takes
from ..data import imagenet
from ..models import efficientnet, features
from ..models.features import CONTENT, STYLE
from .optimizers import FusedAdam

tf.get_logger().setLevel("ERROR")  # retracing for another kind of loss is no news
BETA = {"imagenet": 5.0, "vgg19": 5.0, "course": 8.0, "random": 8.0}  # where content has 1
GAMMA = 5.0  # of variation
LETTER = {"content": "α", "style": "β", "variation": "γ"}  # of the weight of each part
OWN = "alpha", "beta", "gamma", "weights", "targets", "style_targets"  # of a Repainting
KIND = "network", "content_layer", "gram", "style_loss", "content_loss"
MEMORY, STEP = 10, 0.02  # of L-BFGS: steps remembered; mean change of a pixel in the first one
LONGEST = 0.15  # change of a pixel in any step: longer ones leave specks that no later one removes


@takes(style=RGB("h w 3"), content=RGB("h w 3"))
def in_colours_of(style, content):
    """The content picture (H, W, 3) with the mean and the covariance of the style picture's colours.

    Its colours are moved and turned as one cloud, x → A (x - mean) + mean', so that red stays red
    only where the style has red; then cut to [0, 1], float32. Both are taken as a `Repainting`
    takes them. A content picture in these colours doesn't pull against the style. Source: Gatys,
    Ecker, Bethge, Hertzmann, Shechtman (2017), section 5.1, the other way round: A is the
    symmetric root of the style's covariance times the inverse root of the content's.
    """
    found, wanted = (np.reshape(p, (-1, 3)).astype(np.float64) for p in (content, style))
    turn = _root(np.cov(wanted.T)) @ _root(np.cov(found.T), -0.5)
    moved = (found - found.mean(0)) @ turn.T + wanted.mean(0)
    return moved.clip(0, 1).reshape(content.shape).astype(np.float32)


def _root(covariance, power=0.5, least=1e-5):
    """A power of a symmetric matrix; eigenvalues below `least` are taken as that."""
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.maximum(values, least) ** power) @ vectors.T


@takes(content=RGB("H W 3"), painted=RGB("H W 3"))
def keep_colours(content, painted):
    """Lightness of the painting, colours of the photograph; all (H, W, 3) in [0, 1], float32.

    Source: Gatys et al. (2017), section 5: lightness is channel 0 of Lab.
    """
    lab = images.rgb_to_lab(content)
    lab[..., 0] = images.rgb_to_lab(painted)[..., 0]
    return images.lab_to_rgb(lab)


class Repainting:
    """A picture on its way to the content of one and the style of others.

    L = α content / (N M) + β Σ_l w_l E_l + γ variation / (numbers of the picture)

    with the losses of `course_utils.losses`; content is divided by its number of activations, so
    that the same α suits every layer and size (Gatys et al. sum, and choose anew for each).

    network: of `models.features`. content: (H, W, 3) in [0, 1] or of 8 or 16 bits, which become
    that; None for a texture alone. Raises TypeError or ValueError for other pictures.
    styles: one such picture, or {name: (picture, share)}, or None for a content alone.
    start: "content", "noise" (mild, around grey: strong grain stays) or a picture. side: of the
    result. beta: None is the network's own in BETA. scale: of the style, 2 makes its strokes twice
    as wide. weights: {layer: w_l}; None gives the network's style layers equal ones. gram,
    style_loss, content_loss: others to compare with.
    `picture` is where it stands, `history` the loss, its parts and terms after each evaluation.
    """

    @takes(content=RGB("H W 3"))
    def __init__(
        self,
        network,
        content=None,
        styles=None,
        start="content",
        side=256,
        alpha=1.0,
        beta=None,
        gamma=GAMMA,
        scale=1.0,
        weights=None,
        content_layer=None,
        seed=0,
        gram=losses.gram_matrix,
        style_loss=losses.style_loss,
        content_loss=losses.content_loss,
    ):
        if content is None and styles is None:
            raise ValueError("Give a content picture, a style picture or both.")
        if weights is None:
            own = [name for name in STYLE[network.name] if name in network.output]
            weights = {name: 1 / len(own) for name in own}
        self.network, self.content = network, content
        self.content_layer = content_layer or CONTENT[network.name]
        styles = styles if isinstance(styles, dict | None) else {"style": (styles, 1.0)}
        self.styles = {
            name: (_rgb(name, picture), share) for name, (picture, share) in (styles or {}).items()
        }
        beta = BETA.get(network.name, 8.0) if beta is None else beta
        self.alpha, self.beta, self.gamma, self.scale = alpha, beta, gamma, scale
        self.weights, self.gram, self.style_loss = weights, gram, style_loss
        self.content_loss, self.history = content_loss, []
        self.picture = _start(start, content, side, seed)
        self.resize(side)

    def resize(self, side):
        """Go on at another size: first coarse, then fine. The targets are computed here, once."""
        self.picture = images.centre_square(self.picture, side)
        self.targets, self.style_targets = {}, []
        if self.content is not None:
            small = images.centre_square(self.content, side)
            self.targets["content"] = self.network(small[None])[self.content_layer]
        for style, share in self.styles.values():
            found = self.network(images.centre_square(style, round(side * self.scale))[None])
            self.style_targets += [
                (layer, share, self.gram(found[layer])[0], _places(found[layer]))
                for layer in self.weights
            ]
        self._evaluate = self._shared_graph()

    def parts(self, pictures, content=None):
        """{"content", "style", "variation"} of pictures (B, H, W, 3), not yet weighted, each a mean.

        content: activations that replace the target's, for pictures of other contents.
        """
        found, mean = self.network(pictures), tf.reduce_mean
        parts = {"variation": mean(losses.total_variation(pictures)) / _size(pictures)}
        content = self.targets.get("content") if content is None else content
        if content is not None:
            layer = found[self.content_layer]
            parts["content"] = mean(self.content_loss(layer, content)) / _size(layer)
        if self.style_targets:
            parts["style"] = tf.add_n(
                [
                    self.weights[layer]
                    * share
                    * mean(
                        self.style_loss(
                            self.gram(found[layer]), target, _places(found[layer]), places
                        )
                    )
                    for layer, share, target, places in self.style_targets
                ]
            )
        return parts

    def evaluate(self, picture):
        """One evaluation: (loss, parts and terms, gradient) of a picture (1, H, W, 3), a tensor."""
        with tf.GradientTape() as tape:
            tape.watch(picture)
            parts = self.parts(picture)
            terms = self.terms(parts)
            loss = tf.add_n(list(terms.values()))
        return {"loss": loss} | parts | terms, tape.gradient(loss, picture)

    def _shared_graph(self):
        """`evaluate` as a graph. One serves all repaintings by a network: tracing takes a second."""
        own, kind = ({name: vars(self)[name] for name in names} for names in (OWN, KIND))
        graph, own = _graph(**kind), tf.nest.map_structure(_as_tensor, own)
        graph.get_concrete_function(*tf.nest.map_structure(_of_any_size, (self.picture[None], own)))
        return lambda picture: graph(picture, own)

    def terms(self, parts):
        """{"α content", "β style", "γ variation"}: the weighted `parts`; their sum is the loss."""
        weights = {"content": self.alpha, "style": self.beta, "variation": self.gamma}
        return {f"{LETTER[name]} {name}": weights[name] * part for name, part in parts.items()}

    def cost(self, evaluations, sides=None) -> float:
        """About how many seconds `lbfgs` takes with these arguments; the picture stays as it is.

        One evaluation is measured, after one that builds the graph; others take as much longer as
        they have more pixels.
        """
        now, picture = len(self.picture), tf.constant(self.picture[None])
        for _ in range(2):
            began = time.perf_counter()
            self._evaluate(picture)[1].numpy()
        each = (time.perf_counter() - began) / now**2
        return evaluations * each * float(np.mean(np.square(sides or [now])))

    # Two ways down ---------------------------------------------------------------------------

    def lbfgs(self, evaluations, sides=None, callbacks=()):
        """L-BFGS within [0, 1], the whole picture as one float64 vector; continues where it is.

        From its last steps it learns how the loss bends: Nocedal (1980), algorithm 7.4 of Nocedal
        and Wright (2006). scipy has it; its `minimize` adds exact bounds, which at 196,608 pixel
        values take longer than the network. sides: share the evaluations evenly, from coarse
        to fine; the sizes of content and style follow. Returns self.
        """

        def go():
            for number, side in enumerate(sides or [None], 1):
                if side not in (None, len(self.picture)):
                    self.resize(side)
                self._descend(began + evaluations * number // len(sides or [None]), callbacks)

        began = len(self.history)
        return self._run(go, callbacks)

    def _descend(self, last, callbacks):
        """Steps along H·gradient, H estimated from the last MEMORY steps, until history is `last` long.

        The pixels that stand at 0 or 1 and want beyond it are held, the others move by LONGEST at
        most. A step that doesn't lower the loss enough (Armijo's rule) is shortened.
        """

        def evaluated(vector):
            if len(self.history) == last:
                raise StopIteration
            told, gradient = self._note(tf.constant(vector.reshape(shape), tf.float32), callbacks)
            return told["loss"], gradient.numpy().astype(np.float64).ravel()

        shape, pairs = (1, *self.picture.shape), deque(maxlen=MEMORY)
        x = self.picture.astype(np.float64).ravel()
        with contextlib.suppress(StopIteration):
            loss, gradient = evaluated(x)
            while True:
                free = np.where(gradient > 0, x > 0, x < 1)
                way = np.clip(-_curved(gradient * free, pairs), -LONGEST, LONGEST) * free
                for part in 1.0, 0.3, 0.09, 0.01:
                    new = np.clip(x + part * way, 0, 1)
                    new_loss, new_gradient = evaluated(new)
                    if new_loss <= loss + 1e-4 * _dot(gradient, new - x):
                        break
                else:  # no luck: forget the past
                    pairs.clear()
                if _dot(new - x, new_gradient - gradient) > 0:
                    pairs.append((new - x, new_gradient - gradient))
                x, loss, gradient = new, new_loss, new_gradient
        self.picture = x.astype(np.float32).reshape(self.picture.shape)

    def adam(self, evaluations, learning_rate=0.02, callbacks=()):
        """Adam, each step cut to [0, 1]; continues where it is. Returns self."""
        picture = tf.Variable(self.picture[None])
        optimizer = FusedAdam(learning_rate)
        optimizer.build([picture])

        def go():
            for _ in range(evaluations):
                _, gradient = self._note(tf.convert_to_tensor(picture), callbacks)
                optimizer.apply([gradient], [picture])
                picture.assign(tf.clip_by_value(picture, 0, 1))

        return self._run(go, callbacks)

    def _note(self, picture, callbacks):
        told, gradient = self._evaluate(picture)
        told = {name: float(value) for name, value in told.items()}
        if not np.isfinite(told["loss"]):
            raise FloatingPointError("The loss is no number any more; take smaller steps.")
        self.picture = picture[0].numpy()
        self.history.append(told)
        for callback in callbacks:
            callback.on_train_batch_end(len(self.history), told)
        return told, gradient

    def _run(self, go, callbacks):
        for callback in callbacks:
            callback.on_train_begin()
        try:
            go()
        except KeyboardInterrupt:
            print(f"Stopped after {len(self.history)} evaluations; called again, it goes on.")
        for callback in callbacks:
            callback.on_train_end()
        return self


def _start(start, content, side, seed):
    """The picture (H, W, 3) from which a `Repainting` begins."""
    if isinstance(start, str):
        noise = 0.4 + 0.2 * np.random.default_rng(seed).random((side, side, 3), np.float32)
        if start not in ("content", "noise"):
            raise ValueError(f'start is "content", "noise" or a picture, not "{start}".')
        start = noise if start == "noise" else content
    if start is None:
        raise ValueError('Without a content picture, start from "noise" or from a picture.')
    return _rgb("start", start)


def _rgb(name, picture):
    return arguments.check({name: RGB("H W 3")}, {name: picture})[0][name]


@functools.lru_cache(16)
def _graph(**kind):
    """`Repainting.evaluate` of pictures of all sizes; the attributes OWN of a repainting go in."""

    def evaluate(picture, own):
        any_one = object.__new__(Repainting)
        vars(any_one).update(kind | own)
        return any_one.evaluate(picture)

    return tf.function(evaluate, autograph=False)


def _curved(gradient, pairs):
    """H·gradient (n,) from pairs (step, change of the gradient); without any, a first short step.

    The two loops of Nocedal (1980); at first H is s·y / y·y of the last pair times 1.
    """
    if not pairs:
        return gradient * (
            STEP * np.sqrt(gradient.size) / (np.sqrt(_dot(gradient, gradient)) + 1e-30)
        )
    way, shares = gradient.copy(), []
    for step, change in reversed(pairs):
        shares.append(_dot(step, way) / _dot(step, change))
        way -= shares[-1] * change
    way *= _dot(*pairs[-1]) / _dot(pairs[-1][1], pairs[-1][1])
    for (step, change), share in zip(pairs, reversed(shares), strict=True):
        way += (share - _dot(change, way) / _dot(step, change)) * step
    return way


def _dot(a, b):
    """Sum of products, without BLAS: its threads would wait for those of the network."""
    return np.einsum("i,i", a, b)


def _as_tensor(value):
    """A number as a tensor, so that another one needs no other graph; names of layers stay."""
    return value if isinstance(value, str) else tf.convert_to_tensor(value, tf.float32)


def _of_any_size(value):
    """What a graph must know of a tensor that is handed in: for a picture or activations, no size."""
    if isinstance(value, str):
        return value
    return tf.TensorSpec((1, None, None, value.shape[-1]) if value.ndim == 4 else value.shape)


def _places(layer):
    """M of a layer (B, H, W, N), a float32 tensor."""
    return tf.cast(tf.reduce_prod(tf.shape(layer)[1:3]), tf.float32)


def _size(pictures):
    """How many numbers one picture or one layer's activations (B, H, W, N) have, a float32 tensor."""
    return tf.cast(tf.reduce_prod(tf.shape(pictures)[1:]), tf.float32)


def descents(painting, evaluations, rates):
    """{"Adam 0.02": losses …, "L-BFGS": losses}: the lowest so far after each evaluation.

    Each begins where the `Repainting` stands. rates: Adam's learning rates.
    """
    start, curves = painting.picture, {}
    ways = {f"Adam {rate:g}": (painting.adam, {"learning_rate": rate}) for rate in rates}
    for name, (way, settings) in (ways | {"L-BFGS": (painting.lbfgs, {})}).items():
        painting.picture, painting.history = start, []
        way(evaluations, **settings)
        curves[name] = np.minimum.accumulate([told["loss"] for told in painting.history])
    return curves


def outside_judge():
    """The judge, by whose loss nothing is painted: EfficientNet-lite0, or random weights without it."""
    if imagenet.EFFICIENTNET.is_there():
        return efficientnet.load()
    return features.network("random", seed=1)


@takes(picture=RGB("h w 3"), content=RGB("h w 3"), style=RGB("h w 3"))
def distances(judge, picture, content, style, scale=1.0, layers=None, content_layer=None):
    """{"style_distance", "content_distance"} of a picture as a network `judge` sees it.

    style: mean over its style layers of |G - A|² / |A|², G and A the Gram matrices per place.
    content: |F - P|² / |P|² in its content layer. Both are 0 at best; pictures (H, W, 3) in [0, 1]
    are cut to the first one's square, the style to `scale` times it. judge: best not the one that
    painted; of `models.features`, or any other that maps pictures to {layer: activations}, then
    with its `layers` for style and its `content_layer`.
    """
    layers = layers or STYLE[judge.name]
    sides = len(picture), len(picture), round(len(picture) * scale)
    seen, its_content, its_style = (
        {name: layer.numpy() for name, layer in judge(images.centre_square(p, side)[None]).items()}
        for p, side in zip((picture, content, style), sides, strict=True)
    )
    grams = [
        [losses.gram_matrix(f[name])[0].numpy() / _places(f[name]) for name in layers]
        for f in (seen, its_style)
    ]
    layer = content_layer or CONTENT[judge.name]
    return {
        "style_distance": float(np.mean([_relative(*pair) for pair in zip(*grams)])),
        "content_distance": _relative(seen[layer], its_content[layer]),
    }


def _relative(found, wanted):
    return float(np.sum((found - wanted) ** 2) / np.sum(wanted**2))
