# %% [markdown]
# # Cut it up: U-Net
#
# A picture goes in, and a map comes out that says of every pixel: cell or not, and which cell.
#
# ![Two pictures with every cell outlined rightly, two with cells missed or merged.](pictures/01_unet_segmentation.png)
#
# - **Time**: 48 minutes to read, about a minute to run on a laptop CPU.
# - **You need**: lesson 00, and an idea of what a convolution is.
# - **Data**: cells drawn by the course (CC BY 4.0), or real microscopy: `DATASET = "dsb2018"` or `"isbi2012"`.

# %% [markdown]
# ## Objectives
#
# 1. Build a U-Net from its parts and read its shapes.
# 2. Segment a picture of any size, tile by tile.
# 3. Keep touching cells apart with a weight map and a weighted loss.
# 4. Measure pixels with IoU and cells with F1, beside a stupid baseline.

# %% tags=["parameters"]
PROFILE = "quick"
DATASET = "synthetic"
SEED = 0
STEPS = None
TEST_DATA = None

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 2.
# > Ask who has counted cells by hand.
# > The story of the lesson: finding cells is the smaller part, keeping touching cells apart is the work.
# > The settings stay as they are for the first run.

# %% [markdown]
# ## Look at the data
#
# No test picture is ever trained on.

# %%
from course_utils import profile
from course_utils.data import segmentation
from course_utils.show import best_and_worst, outlines, show_images

run = profile.start("01", PROFILE, DATASET, SEED, STEPS, TEST_DATA)
train, test = segmentation.load(DATASET, run.test_data)
print(len(train), "pictures to learn from,", len(test), "others to test on")
show_images([outlines(s.image, s.labels) for s in train[:5]],
            [f"{segmentation.count(s.labels)} cells" for s in train[:5]],
            alt="Five microscope pictures with a yellow line around every cell.")

# %% [markdown]
# ### The stupid baseline
#
# Every cell has a number, even where two touch.
# `normalise` makes all cells bright on dark; Otsu's method picks the grey value that parts bright from dark best.
#
# **IoU**: the pixels that truth and prediction both call cell, divided by those that at least one calls cell.

# %%
import numpy as np
from course_utils import metrics
from course_utils.teach import Bets
from skimage.filters import threshold_otsu
from skimage.measure import label

bets = Bets()
bets.ask("otsu", "What mean IoU does Otsu's method reach?", 0, 1, step=0.02)


def otsu(sample):
    grey = segmentation.normalise(sample.image).mean(-1)
    return label(grey > threshold_otsu(grey), connectivity=1)

# %% [markdown]
# ### Measured
#
# **F1** counts cells: a cell is found if its IoU with a predicted one is above 0.5.
#
# $$F_1 = \frac{2 \cdot \mathrm{found}}{2 \cdot \mathrm{found} + \mathrm{invented} + \mathrm{missed}}$$
#
# `constant` calls everything one cell.

# %%
def score(found):
    return metrics.segmentation_scores([s.labels for s in test], found)


baselines = {"constant": score([np.ones(s.labels.shape, int) for s in test]),
             "otsu": score([otsu(s) for s in test])}
for name, numbers in baselines.items():
    print(f"{name:<9} IoU {numbers['iou']:.3f}   F1 {numbers['f1']:.3f}")
bets.reveal("otsu", baselines["otsu"]["iou"])

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 8.
# > Let the room find a place where two cells touch, and ask what brightness alone would do there.
# > Everyone bets before the numbers come.
# > Stress the difference: Otsu glues touching cells together, which costs a few pixels of IoU and at least one of the two cells in F1.

# %% [markdown]
# ## One patch for each pixel, or all at once?
#
# The winner of ISBI 2012 before U-Net looked at a patch around **one** pixel and named that pixel's class.
# Neighbouring patches overlap almost wholly, so nearly all work is done again and again.
#
# The paper's U-Net reads 572×572 pixels and answers for 388×388.
# Its smallest form reads 188×188 and answers for 4×4.

# %%
from course_utils.models import unet

read = {side: side**2 / unet.output_side(side, depth=4) ** 2 for side in (188, 572)}
print(f"4×4 at a time:     {read[188]:7.1f} pixels read per answer")
print(f"388×388 at a time: {read[572]:7.1f} pixels read per answer")

# %% [markdown]
# ### The parts
#
# Small tiles read a thousand times more pixels for the same answers.
# Two convolutions at every size; on the way up, a transposed convolution makes 2×2 of each pixel, with learned weights.

# %%
from course_utils.show import show_source

show_source(unet.two_convolutions, unet.up_and_join)

# %% [markdown]
# ### Down, across, up
#
# A **skip** keeps the map from before each halving and lays it beside the map of the same size on the way up.
# Nothing is added: the channels stand side by side, and the next convolution mixes them.

# %%
show_source(unet.unet)

# %% [markdown]
# ### The shapes make the U
#
# Read down: each pooling halves height and width, each joining doubles them.
# The last layer gives three numbers a pixel, one a class; the classes come below.

# %%
from keras import layers

size = segmentation.NETWORK[PROFILE]  # base channels and depth
u = unet.unet((128, 128, 3), classes=3, batch_norm=True, **size)
kinds = (layers.InputLayer, layers.MaxPooling2D, layers.Concatenate)
for layer in u.layers:
    if isinstance(layer, kinds) or layer.name == "logits":
        print(f"{layer.name:<18}", layer.output.shape[1:])  # (H, W, C)
print(f"{u.count_params():,} parameters")

# %% [markdown]
# ### Any size: the overlap tile
#
# A padded convolution invents zeros; the paper pads nothing, and **mirrors** the picture at its edge instead.
# An untrained network shows that tile by tile gives the same answer.

# %%
from course_utils.models.tiling import predict_tiled, predict_whole
from drawn_worlds.cells import cells

field = segmentation.normalise(cells(seed=0, size=256, look="fluorescence").image)
border = unet.border(depth=2)
valid = unet.unet((None, None, 3), classes=2, base=4, depth=2, padding="valid")
tiled = predict_tiled(valid, field, tile=64 + 2 * border, border=border)
whole = predict_tiled(valid, field, tile=256 + 2 * border, border=border)
print("largest difference of 16 tiles and the whole:", np.abs(tiled - whole).max())
mirrored = np.pad(field, [(border, border), (border, border), (0, 0)], mode="reflect")
show_images([field.clip(0, 1), mirrored.clip(0, 1)], ["picture", f"with {border} mirrored pixels"],
            alt="A field of cells, and the same with mirrored cells around its edge.")

# %% [markdown] tags=["read"]
# The network that we train below pads with zeros, so its tiles overlap and their rims are cut off.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 11.
# > Let the room guess before you run it: pixels read per answer, how many times more at 4×4 than at 388×388?
# > Draw the U on the board: down on the left, up on the right, bridges across.
# > Surprising for most: a skip joins by concatenation, not by addition.
# > The difference at the end is 0 or rounding; tiles need memory for one tile only, whatever the picture's size.

# %% [markdown]
# ## Where two cells touch
#
# If a pixel is cell or background, touching cells melt into one.
# Two ideas keep them apart: a third class for the border (blue), and a loss that counts gaps more.

# %% tags=["hide"]
example = max(test[:8], key=lambda s: segmentation.count(s.labels))
classes = segmentation.three_classes(example.labels)
share = np.bincount(classes.ravel(), minlength=3) / classes.size
show_images([example.image, np.eye(3)[classes]],
            ["picture", "three classes"],
            alt="A crowded picture, and its classes: green cells with thin blue borders on red.")
print("background {:.0%}, inside {:.0%}, border {:.0%}".format(*share))

# %% [markdown]
# ### The weight map
#
# The border is the rarest class, and it decides whether cells can be counted.
#
# $$w(x) = w_c(x) + w_0 \exp\left(-\frac{(d_1(x) + d_2(x))^2}{2\sigma^2}\right)$$
#
# $d_1$, $d_2$: distance to the nearest and to the second nearest cell; $w_0 = 10$, $\sigma = 5$ pixels, as in the paper.
# Here $w_c = 1$; `border_term` is the second part, for background only.
# Between cells that touch, a gap one pixel wide is carved first.

# %%
from course_utils.data import weight_maps

show_source(weight_maps.naive_unet_weight_map)

# %% [markdown]
# ### Turn w₀ and σ

# %% tags=["hide"]
import ipywidgets
from course_utils.show import heat, play

gap = weight_maps.separate_touching(example.labels)
d1, d2 = weight_maps.border_distances(gap, reach=60)
play(lambda w0, sigma: [example.image,
                        heat(1 + weight_maps.border_term(d1, d2, w0, sigma) * (gap == 0), 11)],
     alt="The picture and its weight map, bright where two cells come close.",
     w0=ipywidgets.FloatSlider(10, min=0, max=10, step=1),
     sigma=ipywidgets.FloatSlider(5, min=1, max=15, step=0.5));

# %% [markdown]
# ### Is it worth it?
#
# Bright lines are narrow gaps: a mistake there costs up to ten times as much.
# Two classes, equal steps, three seeds each, with and without the weight map: how often does one blob swallow two cells?

# %%
import json
from course_utils import paths
from course_utils.exercises import segmentation as mistakes
from course_utils.show import show_scores

evidence = json.loads((paths.EVIDENCE / "01.json").read_text())["summary"]
losses_seen = {name: evidence[name] for name in ("plain", "weighted")}
show_scores({name: v["merges"]["mean"] for name, v in losses_seen.items()},
            "merges a picture", alt="Bars: with the weight map fewer cells merge.")
print(*[f"IoU {name} {v['iou']['mean']:.3f}" for name, v in losses_seen.items()], sep="   ")

# %% [markdown]
# ### Misprint detective
#
# Fewer cells merge, and IoU pays a little for the carved gaps.
# A lecture lost the exponent's minus sign; the comment of a copied helper has $d_1 - d_2$.

# %%
formulas = {"right": weight_maps.border_term, "A": mistakes.minus_missing, "B": mistakes.difference}
play(lambda formula: [example.image,
                      heat(1 + np.where(gap == 0, formulas[formula](d1, d2), 0), 11)],
     alt="The weight map by the chosen formula: thin lines, or nearly everything bright.",
     formula=ipywidgets.ToggleButtons(options=list(formulas)));

# %% [markdown] tags=["fragment"]
# A lost its minus: the weight grows without end; B weighs lines between cells that are far apart, too.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 10.
# > Class imbalance: a plain mean over pixels hardly notices the rare class.
# > `make evidence LESSON=01` repeats the three seeds.
# > Set w0 to 0 first: a flat map; then pull σ from 1 to 15 and ask where it stops helping.

# %% [markdown]
# ## The weighted loss
#
# $$E = -\frac{1}{|\Omega|}\sum_{x \in \Omega} w(x)\, \log p_{\ell(x)}(x)$$
#
# $p_{\ell(x)}(x)$: the probability that the network gives to the true class of pixel $x$.

# %%
from course_utils import losses

show_source(losses.weighted_cross_entropy)

# %% [markdown]
# ### Training crops: turned, bent, relit
#
# Picture, cell numbers and weights go through **one** warp together.
# Numbers take the nearest pixel: the mean of cell 1 and cell 3 is not cell 2.

# %% tags=["hide"]
crops = segmentation.Crops(train, **segmentation.CROPS[DATASET])
drawn = [crops(np.random.default_rng(number)) for number in range(5)]
show_images([image.clip(0, 1) for image, _, _ in drawn] + [heat(w, 11) for _, _, w in drawn],
            columns=5, height=1.7,
            alt="Five augmented crops of cells, and below each its weight map.")

# %% [markdown]
# ### One training step
#
# Weight maps turn and bend with their cells.
# One step: forward, loss, slopes (the gradient), update.

# %%
import keras
import tensorflow as tf
from course_utils.data.pipeline import stream

batches = stream(crops, batch_size=8, seed=SEED)
x, y, w = (part[:4] for part in next(iter(batches)))  # four crops

def step(loss_of, model, optimizer):
    with tf.GradientTape() as tape:
        logits = model(x, training=True)
        loss = loss_of(y, logits, w)
    slopes = tape.gradient(loss, model.trainable_variables)
    optimizer.apply(slopes, model.trainable_variables)
    return loss, np.mean(np.argmax(logits, -1) == y)

bets.ask("sign", "Share of right pixels after ten steps without the minus sign?", 0, 1)

# %% [markdown]
# ### The loss as it was printed
#
# The paper and a lecture print it without the minus sign.
# Ten steps on four crops show what your bet is worth.

# %%
for name, loss_of in {"right": losses.weighted_cross_entropy, "print": mistakes.sign_missing}.items():
    model = unet.unet((None, None, 3), classes=3, batch_norm=True, **size)
    optimizer = keras.optimizers.Adam(3e-3)
    seen = [step(loss_of, model, optimizer) for _ in range(10)]
    print(f"{name:<6} loss", *[f"{loss:6.2f}" for loss, _ in seen[::3]],
          "  right pixels", *[f"{share:4.0%}" for _, share in seen[::3]])
bets.reveal("sign", seen[-1][1])

# %% [markdown]
# ### Watch it learn
#
# Both losses fell, and no error message said which network unlearns.
# `fit` takes the third part of each batch as pixel weights: Keras' own loss is then the same as ours.
# Watch a test picture: red is background, green inside, blue border.

# %%
from course_utils.show.live import Live
from course_utils.training.schedules import warm_cosine

bets.ask("iou", "Mean IoU of the network on test pictures?", 0, 1, step=0.02)


def probabilities(pictures):
    return keras.ops.convert_to_numpy(keras.ops.softmax(model(pictures, training=False)))


def watch():
    middle = segmentation.normalise(example.image)[:128, :128]
    return [middle.clip(0, 1), predict_whole(probabilities, middle, 2 ** size["depth"])]

# %% [markdown]
# ### Train

# %%
model = unet.unet((None, None, 3), classes=3, batch_norm=True, **size)
live = Live(run.steps, watch, alt="The loss falls; a test picture, and its three probabilities.")
model.compile(keras.optimizers.AdamW(warm_cosine(run.steps)), jit_compile=False,
              loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(batches, steps_per_epoch=run.steps, shuffle=False, callbacks=[live], verbose=0);

# %% [markdown]
# ### Measure on pictures never seen
#
# Where "inside" is likely, a cell gets its seed.
# The watershed grows all seeds until they meet each other or the background.

# %%
from course_utils.models.tiling import average_over_turns

# on real data: the mean over eight flips and turns
turned = probabilities if DATASET == "synthetic" else average_over_turns(probabilities)
border = unet.context(size["depth"])


def predict(picture):
    return predict_tiled(turned, picture, tile=128 + 2 * border, border=border)


seed = segmentation.best_seed(predict, train, DATASET)
maps = [predict(segmentation.normalise(s.image)) for s in test]
found = [segmentation.cut_out(p, DATASET, seed) for p in maps]

# %% [markdown]
# ### The network beside the baselines

# %% tags=["hide"]
ours = score(found)
table = {**{name: numbers["f1"] for name, numbers in baselines.items()}, "U-Net": ours["f1"]}
show_scores(table, "F1 of cells", alt="Bars: the U-Net finds far more cells than the baselines.")
first = run.task.metric  # the record's headline
print(f"{first} {ours[first]:.3f}, Otsu {baselines['otsu'][first]:.3f}")
bets.reveal("iou", ours["iou"])

# %% [markdown]
# ### The best and the worst
#
# The lead over Otsu is larger in F1 than in IoU: most of it is cells kept apart.

# %% tags=["hide"]
each = [metrics.instance_f1(s.labels, f) for s, f in zip(test, found)]
chosen = best_and_worst(each, 2)
show_images([outlines(test[i].image, found[i]) for i in chosen],
            [f"F1 {each[i]:.2f}" for i in chosen],
            alt="Two pictures with every cell outlined rightly, two with cells missed or merged.")

# %% [markdown]
# ### Your picture
#
# Look at the two on the right above: which cells melted together, and can you see the border yourself?

# %% tags=["hide"]
from course_utils.teach import your_picture

portrait = your_picture(side=256)
seen = probabilities(segmentation.normalise(portrait)[None])[0]
show_images([portrait, seen], ["you", "seen by a network that knows only cells"],
            alt="A portrait, and the colours that the cell network gives to it.")

# %% [markdown]
# A network answers with what it knows, and never says "I don't know".

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 15.
# > Walk through the loss with one pixel: log of 1 is 0, log of 0.1 is about -2.3.
# > The training takes about half a minute: watch the blue borders come.
# > Show the worst picture for a while, and ask the room to draw the borders, and compare.
# > Your picture is a light moment with a serious point: nothing warns when the input is of another world.

# %% [markdown]
# ## Recap
#
# 1. A U-Net goes down, across and up; skips carry the large maps across.
# 2. Overlap tiles with mirrored borders give the same answer as the whole picture.
# 3. The weight map makes gaps between cells count up to ten times as much.
# 4. IoU counts pixels, F1 counts cells, and Otsu stands beside both.
#
# Now you: [exercises](exercises/01_unet_segmentation.ipynb), or real nuclei with `DATASET = "dsb2018"`.
#
# References: Ronneberger, Fischer, Brox, U-Net, 2015 (equations 1 and 2, figure 2); Otsu, 1979; Caicedo et al., 2018 Data Science Bowl, 2019.

# %%
from course_utils import results

bets.score()
results.record(run, ours, ours, baselines)
results.must_beat(run, ours, baselines, "f1" if first == "iou" else first)

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 2.
# > Ask for one thing that they would measure on their own pictures.
