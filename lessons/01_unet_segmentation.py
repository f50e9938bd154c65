# %% [markdown]
# # Cut it up: U-Net
#
# A picture goes in, and a map comes out that says of every pixel: cell or not, and which cell.
#
# ![Four pictures with true outlines above and the network's below: two right, two with cells merged or in pieces.](pictures/01_unet_segmentation.png)
#
# - **Time**: 48 minutes to read, 45 of them without what is optional; about a minute to run on a laptop CPU.
# - **You need**: lesson 00, what a convolution is, and how a network learns: loss, gradient, optimiser.
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
# > The story of the lesson: which pixels are cell, and which cell.
# > The settings stay as they are for the first run.

# %% [markdown]
# ## Look at the data

# %% tags=["hide"]
from course_utils import profile
from course_utils.data import segmentation
from course_utils.show import best_and_worst, outlines, show_images

run = profile.start("01", PROFILE, DATASET, SEED, STEPS, TEST_DATA)
usual = DATASET == "synthetic" and not run.short  # then what the text says is checked
train, test = segmentation.load(DATASET, run.test_data)
example, crowded = (max(part[:8], key=lambda s: segmentation.count(s.labels))
                    for part in (test, train))
print(len(train), "pictures to learn from,", len(test), "others to test on")
show_images([outlines(s.image, s.labels) for s in train[:3]],
            [f"{segmentation.count(s.labels)} cells" for s in train[:3]], height=4,
            alt="Three drawn microscope pictures with a yellow line around every cell.")

# %% [markdown]
# A cell is its nucleus here, violet in tissue, bright in fluorescence; pink discs (third picture) are blood cells without one.
# A pixel's class is **background**, **inside** or **border**, a cell's outermost pixels: the line.
# No test picture is ever trained on.

# %% [markdown]
# ### The stupid baseline
#
# `normalise` stretches the range, and inverts stained tissue, so that most cells are bright on dark.
# Violet stain takes red light away, so the red channel shows it best; Otsu's method finds the value that parts bright from dark.
#
# **IoU**: the pixels that truth and prediction both call cell, divided by those that at least one calls cell.

# %%
import numpy as np
from course_utils import metrics
from course_utils.teach import Bets
from skimage.filters import threshold_otsu

def otsu(sample):
    red = segmentation.normalise(sample.image)[..., 0]
    return red > threshold_otsu(red)

def score(found):
    return metrics.segmentation_scores([s.labels for s in test], found)

bets = Bets()
bets.ask("otsu", "What mean IoU does Otsu's method reach?", 0, 1, step=0.02)

# %% [markdown]
# ### From pixels to cells

# %% tags=["hide"]
from course_utils import postprocess
from course_utils.show import colour_labels, heat
from scipy.ndimage import grey_dilation

deep, seeds = postprocess.depths(otsu(example))
parted = postprocess.instances(otsu(example))  # grown from these seeds
assert not usual or np.array_equal(np.unique(parted * (seeds > 0)), np.unique(parted))
shown = [example.image, segmentation.normalise(example.image).clip(0, 1), otsu(example),
         heat(deep, deep.max()), *map(colour_labels, (parted * (grey_dilation(seeds, 3) > 0), parted))]
show_images([part[:80, :80] for part in shown],
            ["picture", "normalised: inverted", "above the threshold", "smoothed: how deep",
             "seeds: deepest places", "grown by the watershed"], columns=3,
            alt="Pink tissue, inverted to green, a mask of blobs; its depth, dots, coloured cells.")

# %% [markdown]
# Places deep in the smoothed mask are seeds; the **watershed** grows each, in its colour, until they meet: the pair in the middle is cut at its neck, that at the top, with a slight waist, stays whole.

# %% [markdown]
# ### Measured
#
# **F1** counts cells: a cell is found if its IoU with a predicted one is above 0.5.
#
# $$F_1 = \frac{2 \cdot \mathrm{found}}{2 \cdot \mathrm{found} + \mathrm{invented} + \mathrm{missed}}$$

# %%
from skimage.measure import label

def as_classes(mask):
    return np.stack([~mask, mask, mask & False], -1).astype(np.float32)

baselines = {
    "constant": score([np.ones(s.labels.shape, int) for s in test]),
    "blobs": score([label(otsu(s), connectivity=1) for s in test]),
    "otsu": score([segmentation.cut_out(as_classes(otsu(s)), DATASET) for s in test])}
for name, numbers in baselines.items():
    print(f"{name:<9} IoU {numbers['iou']:.3f}   F1 {numbers['f1']:.3f}")
bets.reveal("otsu", baselines["otsu"]["iou"])
blobs, cut = baselines["blobs"], baselines["otsu"]
assert not usual or 0.99 < cut["iou"] / blobs["iou"] < 1.02 and cut["f1"] > 1.25 * blobs["f1"]

# %% [markdown]
# `otsu` is `blobs` without its specks, and cut apart: that hardly moves IoU, and lifts F1 by far.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 9.
# > Let the room find a place where two cells touch, and ask what brightness alone would do there.
# > Everyone bets before the numbers come.
# > The baseline is strong on purpose: the network has to beat Otsu with the same watershed.

# %% [markdown]
# ## One patch for each pixel, or all at once?
#
# The winner of ISBI 2012 (neurons under the electron microscope) looked at a patch around **one** pixel and named that pixel's class.
# A large patch needs more pooling, which blurs where a border lies, and a small one sees too little around the pixel.
#
# Neighbouring patches overlap almost wholly; how many pixels are read for each answer?
# We compare two tiles that the U-Net paper's network can take: the smallest, 188×188, whose answer has 4×4 pixels, and the paper's own, 572×572 for 388×388.

# %%
from course_utils.models import tiling, unet

read = {side: side**2 / unet.output_side(side, depth=4) ** 2 for side in (188, 572)}
print(f"4×4 at a time:     {read[188]:7.1f} pixels read per answer")
print(f"388×388 at a time: {read[572]:7.1f} pixels read per answer")
print(f"                   {read[188] / read[572]:7.0f} times fewer")

# %% [markdown]
# ### Down, across, up

# %% tags=["hide"]
from course_utils.show import overlay, show_figure, unet_diagram

size = segmentation.NETWORK[PROFILE]  # base channels and depth
corner = example.image[:128, :128]
true_classes = np.eye(3, dtype=np.float32)[segmentation.three_classes(example.labels)]
answer = overlay(segmentation.normalise(corner), true_classes[:128, :128])
show_figure(unet_diagram(corner, answer, classes=3, **size),
            alt="A U of boxes: steps down to a small wide floor, steps up, and bridges across.")

# %% [markdown]
# The deeper the U, the farther its floor sees, and the coarser it places; the **skips** bring back where things are.
# On the right stands what it should answer.

# %% [markdown]
# ### The parts
#
# Two convolutions at every size; on the way up, a transposed convolution makes 2×2 pixels of each, with learned weights for each of the four.
# Where these differ, even areas get a faint lattice: look for it in the dark parts of your picture at the end.

# %%
from course_utils.show import show_source

show_source(unet.two_convolutions, unet.up_and_join)

# %% [markdown]
# ### The whole
#
# Nothing is added where a skip arrives: the channels stand side by side, and the next convolution mixes them.

# %%
show_source(unet.unet)

# %% [markdown]
# ### The shapes make the U
#
# Pooling halves height and width, the transposed convolution doubles them, and joining doubles the channels.
# The last layer gives **logits**, three per pixel, one for each class; a softmax will turn them into probabilities.
# No layer is dense, so the same weights take a picture of any size whose sides can be halved that often.

# %%
from keras import layers

u = unet.unet((128, 128, 3), classes=3, batch_norm=True, **size)
kinds = {layers.InputLayer: "picture", layers.MaxPooling2D: "pooled",
         layers.Dropout: "floor", layers.Concatenate: "joined"}
for layer in u.layers:
    if type(layer) in kinds or layer.name == "logits":
        print(f"{kinds.get(type(layer), layer.name):<9}", layer.output.shape[1:])  # (H, W, C)
print(f"{u.count_params():,} parameters")

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 10.
# > Let the room guess before you run it: pixels read per answer, how many times more at 4×4 than at 388×388?
# > Follow one arrow of each colour in the diagram, and ask for the size of the floor before you print it.
# > Surprising for most: a skip joins by concatenation, not by addition.

# %% [markdown] tags=["optional"]
# ### Any size, tile by tile
#
# Memory for one tile is enough, whatever the picture's size.
# An untrained network shows that the answer is the same.

# %%
from drawn_worlds.cells import cells

field = segmentation.normalise(cells(seed=0, size=256, look="fluorescence").image).clip(0, 1)
border = unet.border(depth=2)
valid = unet.unet((None, None, 3), classes=2, base=4, depth=2, padding="valid")
tiled = tiling.predict_tiled(valid, field, tile=64 + 2 * border, border=border)
whole = tiling.predict_tiled(valid, field, tile=256 + 2 * border, border=border)
print("largest difference of 16 tiles and the whole:", np.abs(tiled - whole).max())
assert np.allclose(tiled, whole, atol=1e-5)

# %% [markdown] tags=["optional"]
# ### A tile and what it reads

# %% tags=["hide"]
mirrored = np.pad(field, [(border, border), (border, border), (0, 0)], mode="reflect")
lines = np.zeros((3, *mirrored.shape[:2]), int)
for number, (start, side) in enumerate([(border, 256), (1, 62 + 2 * border), (border, 64)]):
    lines[number, start:start + side, start:start + side] = 1
tile = outlines(outlines(mirrored, lines[1]), lines[2], (0.34, 0.71, 0.91))
show_images([field, outlines(mirrored, lines[0], (0.84, 0.37, 0)), tile],
            ["picture", f"{border} mirrored pixels around it", "reads (yellow), answers (blue)"],
            alt="Cells; mirrored cells around an orange frame; one tile in its corner.", height=4)

# %% [markdown]
# The paper pads nothing, so a tile answers for less than it reads; at the edge it reads the mirror image.
# The network that we train below pads with zeros instead: its tiles overlap, and their rims are cut off.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 3.
# > The difference is 0 or rounding.

# %% [markdown]
# ## Where two cells touch

# %% tags=["hide"]
from course_utils.data import weight_maps

share = true_classes.mean((0, 1))
gap = weight_maps.separate_touching(example.labels)
carved = (gap == 0) & (example.labels > 0)
show_images([example.image, colour_labels(example.labels),
             overlay(segmentation.normalise(example.image), true_classes)],
            ["picture", "every cell has a number", "inside (blue), border (orange)"], height=4,
            alt="A crowded picture; cells in many colours; blue cells with orange borders.")
print("background {:.0%}, inside {:.0%}, border {:.0%}".format(*share))
assert not usual or share[2] == share.min()
assert true_classes[carved, segmentation.BORDER].all()
assert not usual or 8 < weight_maps.unet_weight_map(example.labels)[carved].min()

# %% [markdown]
# If a pixel is cell or background only, touching cells melt into one.
# That is why there is the third class, the **border**, the rarest: where it is found, two cells stay two.

# %% [markdown]
# ### The weight map
#
# The second idea, the paper's, is a loss that counts the background between two close cells more.
#
# $$w(x) = w_c(x) + w_0 \exp\left(-\frac{(d_1(x) + d_2(x))^2}{2\sigma^2}\right)$$
#
# $d_1$, $d_2$: distances of a background pixel to the nearest and the second nearest cell; $w_0 = 10$, $\sigma = 5$ pixels, as in the paper.
# Touching cells have no background between them, so a gap of one pixel is carved first: background in the paper's two classes, border in our three, where it weighs about ten times as much as the border elsewhere.
# $w_c$ is larger for rarer classes; ours is 1, for the border, too: where cells touch, the second term lifts it about tenfold.

# %%
show_source(weight_maps.naive_unet_weight_map)

# %% [markdown]
# ### Misprint detective: which formula lost its minus?

# %% tags=["hide"]
from course_utils.exercises import segmentation as mistakes
from course_utils.show import play
from ipywidgets import Dropdown, FloatSlider

formulas = {"right": weight_maps.border_term, "A": mistakes.minus_missing, "B": mistakes.difference}

def weighted(formula, w0, sigma):
    d1, d2 = weight_maps.border_distances(gap, reach=60)
    weights = 1 + np.where(gap == 0, formulas[formula](d1, d2, w0, sigma), 0)
    pictures = [colour_labels(example.labels), colour_labels(gap), heat(weights, 11)]
    return pictures, ["cells that touch", "a gap is carved", "weight: 1 (dark) to 11"], 3, 4

play(weighted, alt="Cells; the same with dark gaps; a weight map, bright where cells come close.",
     formula=Dropdown(options=list(formulas)),
     w0=FloatSlider(10, min=0, max=10, step=1), sigma=FloatSlider(5, min=1, max=15, step=0.5));

# %% [markdown] tags=["fragment"]
# A, a lecture's, has lost the minus of the exponent and grows with the distance.
# B, a copied helper's, has $d_1 - d_2$: halfway between two cells it is largest, however far apart they are.

# %% [markdown]
# ### Is it worth it?

# %% tags=["hide"]
import json
from course_utils import paths
from course_utils.show import show_intervals

evidence = json.loads((paths.EVIDENCE / "01.json").read_text())["summary"]
plain, with_map = evidence["plain"], evidence["weighted"]
show_intervals({title: {"all weights 1": plain[key], "weight map": with_map[key]}
                for title, key in {"merged blobs per picture (fewer is better)": "merges",
                                   "IoU (more is better)": "iou"}.items()},
               alt="With the weight map about half as many blobs merge; the IoUs overlap.")
lost = evidence["iou_lost"]  # with the map, in pairs of equal seeds
assert 0.4 < evidence["merges_ratio"] < 0.6 and lost["mean"] < lost["half_width_95"]

# %% [markdown]
# To see the map alone, this was measured with the paper's two classes, without border and watershed: three trainings each, equal steps, 95 % intervals.
# About half as many blobs swallow two cells; IoU loses a little, which three trainings can't tell from chance.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 7.
# > Class imbalance: a plain mean over pixels hardly notices the rare class.
# > `make evidence LESSON=01` repeats the three seeds.
# > Bright lines are narrow gaps: a mistake there costs about ten times as much.
# > Set w0 to 0, a flat map, and back to 10; then pull σ and ask from where on weights spill into open background.

# %% [markdown]
# ## The weighted loss
#
# $$p_k(x) = \frac{\exp a_k(x)}{\sum_j \exp a_j(x)} \qquad E = -\frac{1}{|\Omega|}\sum_{x \in \Omega} w(x)\, \log p_{\ell(x)}(x)$$
#
# The **softmax** turns the logits $a_k(x)$ of a pixel $x$ into one probability for each class $k$.
# $\ell(x)$ is the true class, $\Omega$ the set of all pixels, $|\Omega|$ their number.

# %%
from course_utils import losses

show_source(losses.weighted_cross_entropy)

# %% [markdown]
# ### Training crops: turned, bent, relit

# %% tags=["hide"]
from course_utils.data import augment

picture = segmentation.normalise(crowded.image)
w = weight_maps.unet_weight_map(crowded.labels)[..., None]
picture[::16] = picture[:, ::16] = 1  # lines, to see them bend
maps = augment.random_warp(w.shape[:2], np.random.default_rng(2), elastic=4, flip=False)
crops = segmentation.Crops(train, **segmentation.CROPS[DATASET])
drawn = [(picture, w), [augment.warp(part, maps, order=1) for part in (picture, w)],
         *(crops(np.random.default_rng(number))[::2] for number in range(3))]
show_images([image.clip(0, 1) for image, _ in drawn] + [heat(np.squeeze(w), 11) for _, w in drawn],
            ["with a grid", "elastic only", "crop 1", "crop 2", "crop 3"], columns=5,
            rows=("picture", "weight"), height=2.5,
            alt="A picture with a grid, the same bent, and three crops; below each its weights.")

# %% [markdown]
# **Elastic deformation** shifts a coarse grid at random and bends all between; **one** warp moves picture, cell numbers and weights.
# Numbers take the nearest pixel: the mean of cell 1 and cell 3 is not cell 2.

# %% [markdown]
# ### One training step
#
# One step: forward, loss, gradients, update.
# The paper and a lecture print the loss without its minus sign: bet on ten steps by that print.

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
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply(gradients, model.trainable_variables)
    return float(loss), np.mean(np.argmax(logits, -1) == y)

bets.ask("sign", "Share of right pixels in the tenth step without the minus sign?", 0, 1)

# %% [markdown]
# ### The loss as it was printed
#
# No error message tells which of two networks unlearns: look at the losses, then at the pixels.

# %%
both = {"right": losses.weighted_cross_entropy, "print": mistakes.sign_missing}
for name, loss_of in both.items():
    model = unet.unet((None, None, 3), classes=3, batch_norm=True, **size)
    optimizer = keras.optimizers.Adam(3e-3)
    seen = [step(loss_of, model, optimizer) for _ in range(10)]
    print(f"{name:<6} loss", *[f"{loss:6.2f}" for loss, _ in seen[::3]],
          "  right pixels", *[f"{share:4.0%}" for _, share in seen[::3]])
    assert not usual or seen[-1][0] < seen[0][0]  # the loss falls
    assert not usual or (seen[-1][1] > seen[0][1]) == (name == "right")
bets.reveal("sign", seen[-1][1])

# %% [markdown]
# ### Bet on the network
#
# `fit` takes the third part of each batch as pixel weights: Keras' own loss is then the same as ours.

# %%
from course_utils.training.schedules import warm_cosine
from scipy.special import softmax

model = unet.unet((None, None, 3), classes=3, batch_norm=True, **size)
peak = 6e-3 if DATASET == "synthetic" else 3e-3  # so few steps have to be large ones
model.compile(keras.optimizers.AdamW(warm_cosine(run.steps, peak)), jit_compile=False,
              loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
bets.ask("iou", "Mean IoU of the network on test pictures?", 0, 1, step=0.02)

def probabilities(pictures):
    return softmax(model.predict_on_batch(pictures), axis=-1)

def watch():
    seen = segmentation.normalise(example.image)[:128, :128]
    now = overlay(seen, tiling.predict_whole(probabilities, seen, 2 ** size["depth"]))
    return [seen.clip(0, 1), now], ["a test picture", "inside (blue), border (orange)"]

# %% [markdown]
# ### Train

# %%
from course_utils.show.live import Live
from course_utils.training.fit import fit  # Keras' own, with batches from `crops`

live = Live(run.steps, watch, keep="01_unet", alt="The loss falls; a picture, its classes over it.")
fit(model, crops, run.steps, batch=8, seed=SEED, callbacks=[live]);

# %% [markdown]
# A colour is as strong as its class is likely: cells that stay grey are missed.
# The border comes around the cells first; between two that touch it is faint, so the watershed has work left.

# %% [markdown]
# ### Measure on pictures never seen
#
# The network's "inside" goes through the same watershed as Otsu's mask.
# For drawn cells this is one plain prediction; nuclei of `dsb2018` differ in size: `find` measures them, zooms until they are 16 pixels wide, and looks again.

# %%
from tqdm.auto import tqdm

# real data: the mean over eight flips and turns
turned = probabilities if DATASET == "synthetic" else tiling.average_over_turns(probabilities)
border = unet.context(size["depth"])

def look(picture, ways=probabilities):
    return tiling.predict_tiled(ways, picture, tile=1024 + 2 * border, border=border, batch=1)

predict = tiling.average_over_zooms(lambda picture: look(picture, turned), segmentation.ZOOMS[DATASET])
seed = segmentation.best_seed(predict, train, DATASET)  # matters for ISBI's neurites alone
found = [segmentation.find(predict, s.image, DATASET, seed, look) for s in tqdm(test)]
ours = score(found)
first = run.task.metric  # the record's headline
print(f"{first} {ours[first]:.3f}, Otsu {baselines['otsu'][first]:.3f}")
bets.reveal("iou", ours["iou"])

# %% [markdown]
# ### The network beside the baselines

# %% tags=["hide"]
import matplotlib.pyplot as plt

table = baselines | {"U-Net": ours}
figure, axes = plt.subplots(1, 2, figsize=(12, 4.4), sharey=True)
for axis, key, title in zip(axes, ("iou", "f1"), ("IoU of pixels", "F1 of cells")):
    values = [numbers[key] for numbers in table.values()]
    bars = axis.barh(list(table), values, color=["#B8C4CC"] * len(baselines) + ["C0"])
    axis.bar_label(bars, fmt="%.3f", padding=4)
    axis.set(title=title, xlim=(0, 1.15))
axes[0].invert_yaxis()
show_figure(figure, alt="Bars: the U-Net is above all baselines, in IoU and in F1.")
least = {key: baselines["otsu"][key] + run.task.margin for key in ("iou", "f1")}
assert not usual or all(ours[key] > least[key] for key in least)

# %% [markdown]
# The watershed is the same, so the lead is the network's: it sees around each pixel, Otsu has one threshold for all.

# %% [markdown]
# ### The best and the worst

# %% tags=["hide"]
each = [metrics.instance_f1(s.labels, f) for s, f in zip(test, found)]
chosen = best_and_worst(each, 2)
show_images([outlines(test[i].image, test[i].labels) for i in chosen]
            + [outlines(test[i].image, found[i]) for i in chosen],
            [f"F1 {each[i]:.2f}" for i in chosen], columns=len(chosen), rows=("truth", "U-Net"),
            alt="Four pictures with true outlines above and the network's below: "
                "two right, two with cells merged or in pieces.", height=3)

# %% [markdown]
# Look at the two on the right: is a cell merged with its neighbour, or has the watershed cut one in pieces, though no border is there?

# %% [markdown]
# ### Your picture

# %% tags=["hide"]
from course_utils.teach import your_picture

portrait = your_picture(side=256)
seen = overlay(portrait, probabilities(segmentation.normalise(portrait)[None])[0])
show_images([portrait, seen], ["you", "inside (blue), border (orange)"], height=5,
            alt="A portrait, and the classes that the cell network gives to it.")

# %% [markdown]
# A network that knows only cells finds cells: it has no class for "this is no such picture".

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 15.
# > Walk through the loss with one pixel: log of 1 is 0, log of 0.1 is about -2.3.
# > The training takes about half a minute: watch the borders come.
# > Show the worst picture for a while, and ask the room to draw the borders, and compare.

# %% [markdown]
# ## Recap
#
# 1. A U-Net goes down, across and up; skips carry the large maps across, and no layer is dense.
# 2. Without padding, overlap tiles give the same answer as the whole picture.
# 3. The weight map makes what parts two close cells count about ten times as much.
# 4. IoU counts pixels, F1 counts cells, and Otsu with the same watershed stands beside both.
#
# Now you: [exercises](exercises/01_unet_segmentation.ipynb), or real nuclei with `DATASET = "dsb2018"`.
#
# References: Ronneberger, Fischer, Brox, U-Net, 2015 (equations 1 and 2, figure 2); Otsu, 1979; Caicedo et al., 2018 Data Science Bowl, 2019.
# The lecture's slides are unpublished.

# %%
from course_utils import results

bets.score()
results.record(run, ours, ours, baselines)
results.must_beat(run, ours, baselines, "f1" if first == "iou" else first)

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 2.
# > Ask for one thing that they would measure on their own pictures.
