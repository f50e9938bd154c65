# %% [markdown]
# # Cut out each one: Mask R-CNN
#
# Lesson 01 asked of every pixel what it is; here we ask how many things there are, where each of them is, and which pixels are its own.
#
# ![Four pictures, each thing in its colour: the truth above, what the network finds below.](pictures/07_mask_rcnn.png)
#
# - **Time**: 45 minutes to read; about a minute to run on a CPU.
# - **You need**: lesson 01 (segmentation, IoU).
# - **Data**: tables drawn by the course (CC BY 4.0), cells, real nuclei (`DATASET = "dsb2018"`), pedestrians (`"pennfudan"`), or pictures that you labelled (a COCO file).

# %% [markdown]
# ## Objectives
#
# 1. Follow a picture through the two stages: anchors, proposals, RoIAlign, classes, boxes, masks.
# 2. Say what half a cell costs, and why each class has a mask of its own.
# 3. Measure what was found with average precision, and say when a U-Net with a watershed is the better tool.

# %% tags=["parameters"]
PROFILE = "quick"
DATASET = "synthetic"
SEED = 0
STEPS = None
TEST_DATA = None

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 1.
# > Put some things from your bag onto the table: how many are there, and how do you know where one ends?

# %% [markdown]
# ## The pictures
#
# Things on a table hide one another, nuclei touch, and some are cut by the frame; no test picture is learned from.

# %%
import numpy as np
from course_utils import images, metrics, postprocess, profile, results
from course_utils.data import mask_rcnn as data
from course_utils.models import mask_rcnn as models
from course_utils.teach import Bets
from course_utils.training import mask_rcnn as training

run = profile.start("07", PROFILE, DATASET, SEED, STEPS, TEST_DATA)
s = {"quick": training.QUICK, "full": training.FULL}[PROFILE]
side = max(data.SIDES.get(DATASET, 256), s.network.side)
train, test = data.load(DATASET, run.test_data, side)
train = train[:200] if DATASET == "synthetic" and PROFILE == "quick" else train
data.draw(train + test)
s = training.fitted(s, train)
names, pictures = train[0].names, [item.picture for item in test]
print(len(train), "pictures to learn from,", len(test), "others to test on:", ", ".join(names))

# %% [markdown]
# ### Each thing has a mask, a box and a class

# %% tags=["hide"]
from course_utils.show import show_figure
from course_utils.show.things import boxes_figure, things_figure

truths = [{"boxes": item.boxes, "classes": item.classes, "masks": item.masks} for item in test]
crowd = int(np.argmax([len(item.classes) for item in test]))
shown = [crowd, *[number for number in range(min(3, len(test))) if number != crowd]]
show_figure(things_figure([pictures[n] for n in shown[:2]], [truths[n] for n in shown[:2]], names, height=5.3),
            alt="Two pictures; over each thing lie its mask's outline, its box, dashed, and its class's name.")

# %% [markdown]
# All things of one class, such as stars, have one colour; each has a mask and a box of its own.
# Where they are many, only the masks' outlines are drawn.

# %% [markdown]
# ### Average precision
#
# Each find has a **score**.
# From the best score down, a find is right if its mask's IoU with a true thing of its class that is still free is 0.5 at least.
#
# $$\mathrm{precision} = \frac{\mathrm{right}}{\mathrm{found\ so\ far}} \qquad \mathrm{recall} = \frac{\mathrm{right}}{\mathrm{true\ things}}$$
#
# **AP50** is precision averaged over recalls from 0 to 1 (0 where none gets so far), then over classes.
# AP75 asks for an IoU of 0.75, and **AP** is the mean of ten such numbers, at 0.5, 0.55, … 0.95.
# `box_ap` is AP with the boxes' IoU, and `f1` lesson 01's: it ignores classes and scores.

# %%
bets = Bets()
bets.ask("ap50", "AP50 of the best network below?", 0, 1, step=0.02)

# %% [markdown]
# ### No network
#
# **constant**: the whole picture is one thing; **blobs**: what differs in colour from most of the picture, cut apart by lesson 01's watershed.
# The blobs find some things, but call all of them by one name.

# %%
from skimage.filters import threshold_otsu
from course_utils.show import tell

common = np.bincount(np.concatenate([item.classes for item in train])).argmax()
def found_by(labels):  # all of the most common class
    masks, count = data.masks_of(labels), labels.max()
    return {"masks": masks, "boxes": data.boxes_of(masks),
            "classes": np.full(count, common), "scores": np.ones(count)}

def blobs(picture):
    lab = images.rgb_to_lab(picture)
    far = np.linalg.norm(lab - np.median(lab, axis=(0, 1)), axis=-1)
    return postprocess.instances(far > threshold_otsu(far))

found = {"constant": [found_by(np.ones((side, side), np.int32)) for item in test],
         "blobs": [found_by(blobs(picture)) for picture in pictures]}
baselines = {name: training.scores(test, each) for name, each in found.items()}
tell(baselines)

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 7.
# > Ask for a rule that counts the things without knowing what things are.
# > Compute AP for three finds on the board: right, wrong, right, of three true things (1/3 · 1 + 1/3 · 2/3 = 0.56).

# %% [markdown]
# ## Two stages

# %% tags=["hide"]
from course_utils.show.mask_rcnn_way import mask_rcnn_way
from course_utils.show.things import coloured

show_figure(mask_rcnn_way(pictures[crowd], coloured(pictures[crowd], truths[crowd])),
            alt="A picture enters a backbone with a pyramid; a region proposal network makes proposals; "
                "RoIAlign cuts each out of the pyramid; box head and mask head answer for each.")

# %% [markdown]
# Stage 1, the region proposal network (RPN), asks everywhere at once: is something here, in which box?
# Stage 2 looks at each proposal alone, cut out of the same features.

# %% [markdown]
# ### Anchors
#
# The feature pyramid (FPN) is a U-Net's way up, of which three levels are kept; a cell of a level is 4, 8 or 16 pixels wide, its stride.
# Around the middle of each cell stand three **anchors**, and the network says how each should move and grow.
# Until we train one below, we look through a network that learned for half an hour, from drawn tables only.
# So with other pictures you see what it takes them for: nuclei, for one, are balls.

# %%
from dataclasses import replace

shipped = DATASET == "synthetic" and PROFILE == "quick"
net, known = models.load() if shipped else None, data.Drawing("shapes", 0).names
wide = training.fitted(training.QUICK, train).network  # with room for as many things as here
look = net or models.begun(replace(wide, classes=1 + len(known)), models.NETWORKS)
a = look.architecture
grid = models.anchors(side, a.strides, a.anchor_sizes, a.ratios)
print(f"{len(grid):,} anchors for a picture of {side} × {side}")

# %% [markdown]
# ### One place, three levels

# %% tags=["hide"]
middle = (grid[:, :2] + grid[:, 2:]) / 2
at = side * np.float32([0.55, 0.5])
sizes = np.sqrt(np.prod(grid[:, 2:] - grid[:, :2], axis=-1))
chosen = []
for size in np.unique(np.round(sizes)):
    level = np.flatnonzero(np.round(sizes) == size)
    nearest = level[np.argsort(np.linalg.norm(middle[level] - at, axis=-1), kind="stable")[:3]]
    chosen.append(grid[nearest])
show_figure(boxes_figure([pictures[crowd]] * len(chosen), chosen, height=4.3,
                         titles=[f"anchors every {stride} pixels" for stride in a.strides]),
            alt="The picture three times, with three boxes each: small, middle, large; upright, square, lying.")

# %% [markdown]
# Small things are looked for on the fine level, large ones on the coarse one.

# %% [markdown]
# ### From anchors to boxes
#
# For each anchor the network answers four numbers, scaled to about 1: shifts in units of the anchor, logarithms of the growth.
# $t_y = (y - y_a) / h_a$ and $t_h = \log(h / h_a)$, of centres and heights; the same for $x$ and $w$.

# %%
from course_utils.show import show_source

show_source(models.encode, models.decode)

# %% [markdown]
# ### Is something here?

# %% tags=["hide"]
import keras
from course_utils.show import heat, show_images

pyramid = look.pyramid(pictures[crowd][None])
answers = [look.rpn(level) for level in pyramid]
cells = [keras.ops.sigmoid(logits).numpy().reshape(side // stride, side // stride, -1).max(-1)
         for (logits, _), stride in zip(answers, a.strides)]
maps = [0.3 * pictures[crowd] + 0.7 * heat(images.resize(each, (side, side), labels=True), 1) for each in cells]
show_images(maps, [f"stride {stride}" for stride in a.strides], height=4.3,
            alt="The picture under three maps of how likely each place holds a thing: fine, middle, coarse.")

# %% [markdown]
# Bright is likely; the larger a thing is, the coarser is the level that answers.

# %% [markdown]
# ### One thing, many proposals
#
# Neighbouring anchors find the same thing.
# **Non-maximum suppression** (NMS) takes boxes sorted by score; each drops those after it that overlap it by more than a threshold, unless it was dropped itself.

# %%
show_source(models.nms)

# %% [markdown]
# ### Before and after

# %% tags=["hide"]
import ipywidgets
from course_utils.show import play

logits, deltas = look.objectness(pyramid)

def thinned(threshold, best):
    boxes, scores = models.propose(logits, deltas, grid, side, best, best, threshold)
    kept = keras.ops.convert_to_numpy(boxes)[0][keras.ops.convert_to_numpy(scores)[0] > 0]
    everything = keras.ops.convert_to_numpy(models.propose(logits, deltas, grid, side, best, best, 1.0)[0])[0]
    return boxes_figure([pictures[crowd]] * 3, [everything, kept, truths[crowd]["boxes"]], height=4.3,
                        titles=[f"the {best} best", f"{len(kept)} are left", "truth"])

play(thinned, alt="The picture under many boxes, under those that are left, and under the true ones.",
     threshold=ipywidgets.FloatSlider(0.5, min=0.1, max=1, step=0.1),
     best=ipywidgets.IntSlider(100, min=10, max=200, step=10));

# %% [markdown]
# A low threshold loses neighbours, a high one keeps the same thing several times.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 10.
# > Ask before the source of `nms`: which box may suppress which, and may a box that is gone suppress another?
# > Pull the threshold down to 0.1, and ask whose boxes vanish; then up to 1.

# %% [markdown]
# ## Half a cell
#
# Each proposal is cut out of the features, at one size.
# A box has its edges between cells: **RoIPool** rounds them, by up to half a cell: 8 pixels at stride 16.
# **RoIAlign** rounds nothing; it reads the features at exact places, each as a weighted mean of the cells around it.

# %%
show_source(models.roi_align)

# %% [markdown]
# ### A ramp tells
#
# On $f(y, x) = x$, at stride 8, each bin should answer the $x$ of its middle.
# RoIPool rounds, and answers its bin's largest value; `crop_and_resize`, which copies in TensorFlow take for RoIAlign, puts the outer samples onto the box's edges.

# %%
import tensorflow as tf

cells, stride = 16, 8
ramp = np.tile((np.arange(cells, dtype=np.float32) + 0.5) * stride, (cells, 1))[None, ..., None]
box = np.float32([[[20, 27, 91, 101]]])
right = 27 + (np.arange(7) + 0.5) / 7 * (101 - 27)
cropped = tf.image.crop_and_resize(ramp, box[0] / (cells * stride), [0], (7, 7))[None]
ways = {"RoIAlign": models.roi_align(ramp, box, 7, stride),
        "RoIPool": models.roi_pool(ramp, box, 7, stride), "crop_and_resize": cropped}
errors = {name: np.abs(np.asarray(each)[0, 0, 3, :, 0] - right).max() for name, each in ways.items()}
for name, error in errors.items():
    print(f"{name:<16} is off by up to {error:5.2f} pixels")
assert errors["RoIAlign"] < 1e-3 < 2 < min(errors["RoIPool"], errors["crop_and_resize"])

# %% [markdown]
# ### What it costs

# %% tags=["hide"]
import json
from course_utils import paths
from course_utils.show import show_intervals

evidence = json.loads((paths.EVIDENCE / "07.json").read_text())
summary, steps = evidence["summary"], evidence["steps"]
by_size = {key: {{"align": "RoIAlign", "pool": "RoIPool"}[roi]: summary["roi"][roi][key] for roi in summary["roi"]}
           for key in ("ap50", "ap75")}
show_intervals({f"{key.upper()} after {steps} steps": by_size[key] for key in by_size},
               alt="AP50 and AP75 with RoIAlign and RoIPool, with 95 % intervals: RoIAlign is higher.")
gained = summary["align_minus_pool_ap75"]
print(f"RoIAlign minus RoIPool, AP75, in pairs of equal seeds: {gained['mean']:.3f} ± {gained['half_width_95']:.3f}")
assert gained["mean"] > 0

# %% [markdown]
# Drawn tables, one level of stride 16, three short trainings each from nothing, 95 % intervals.
# The paper gained .073 of AP and .105 of AP75, at stride 32.

# %% [markdown]
# ### Which class, and where exactly
#
# The **box head** gives each proposal a score for each class, or for "nothing", and for each class how its box should move.
# NMS then works within each class.

# %% [markdown]
# ### From what score on?

# %% tags=["hide"]
nothing = {"boxes": [], "classes": [], "masks": []}

def answered(least_score, nms_threshold):
    three = [nothing, *(look.find([pictures[crowd]], score, nms_threshold)[0] for score in (least_score, 0.05))]
    titles = ["picture", f"scores of {least_score:.2f} and more", "of 0.05 and more"]
    return things_figure([pictures[crowd]] * 3, three, known, titles, height=4.1)

play(answered, alt="The picture, and the things that the network finds at two scores.",
     least_score=ipywidgets.FloatSlider(0.5, min=0.05, max=0.95, step=0.05),
     nms_threshold=ipywidgets.FloatSlider(0.5, min=0.1, max=1, step=0.1));

# %% [markdown]
# A higher least score misses more things and invents fewer; AP ranks all finds.

# %% [markdown]
# ### The mask head draws a mask of each class

# %% tags=["hide"]
best = look.find([pictures[crowd]], 0)[0]
box, kind = best["boxes"][:1], best["classes"][0]
crop = np.asarray(models.roi_align(pictures[crowd][None], box[None], 28))[0, 0]
every = keras.ops.convert_to_numpy(keras.ops.sigmoid(look.masks_of(pyramid, box[None])))[0, 0]
cut = np.where(every[..., kind:kind + 1] > 0.5, crop, 1)
show_images([crop, *(heat(every[..., number + 1], 1) for number in range(len(known))), cut],
            ["the box", *known, f"cut out: {known[kind - 1]}"], columns=4, height=3.5,
            alt="One box of the picture, the mask that each class would draw in it, and the thing cut out.")

# %% [markdown]
# Black is 0, yellow 1; the found class's mask counts.
# In a box only the true class's mask is taught, the others are as they come.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 12.
# > Draw a ramp and a box between two cells on the board: what does rounding answer?
# > Ask what a softmax would do in a box with a banana before a cup.

# %% [markdown]
# ## Learning
#
# $$L = L_{\mathrm{objectness}} + L_{\mathrm{anchor\ box}} + L_{\mathrm{cls}} + L_{\mathrm{box}} + L_{\mathrm{mask}}$$
#
# Boxes have Huber's loss, classes cross-entropy; boxes and masks count only where the IoU with a true thing is high: 0.7 for anchors, 0.5 for proposals.
# Each class's mask has a **sigmoid** of its own: with a softmax the classes would fight about each pixel, and the paper's AP fell from .303 to .248 that way.

# %%
show_source(training.mask_loss, training.class_mask_loss)

# %% [markdown]
# ### Four ways
#
# The proposals depend on the first stage's weights, so what is the gradient?
#
# **Approximate joint**: all five losses at once, and the proposals are taken as given.
# **Joint**: RoIAlign lets the gradient through to the boxes, `through_boxes=True`.
# **Alternating**: first stage and heads in turn, on one backbone.
# **Stepwise**: each stage on a backbone of its own; then, again one by one, on one that stays as it is.

# %% [markdown]
# ### What each way reaches

# %% tags=["hide"]
ways = {name.replace("_", " "): values for name, values in summary["ways"].items()}
show_intervals({f"AP after {steps} steps": ways},
               alt="AP of the four ways to train, with 95 % intervals.")

# %% [markdown]
# Drawn tables, three short trainings each from nothing; the joint ways teach both stages in each step, the others one.

# %% [markdown]
# ### Watch the heads learn
#
# We take the backbone of the network that learned for half an hour; RPN and heads begin anew.
# On tables it stays as it is, on all other pictures it learns on.

# %%
fresh = (models.build if PROFILE == "full" else models.begun)(s.network)
frozen = ("backbone",) if DATASET == "synthetic" else ()
print([part for part in models.NETWORKS if part not in frozen], "learn")

# %% [markdown]
# ### Every few steps, four pictures

# %%
from course_utils.show.live import Live
from course_utils.show.things import key

watched = pictures[:4]
watch = lambda: [coloured(*both, 0.6) for both in zip(watched, fresh.find(watched))]
live = Live(run.steps, watch, keep="07_heads", seconds=side / 20, legend=key(names),
            alt="The loss falls; more things get a colour, which is that of their class.")
training.stage(fresh, training.examples(s, train), run.steps, SEED, s, callbacks=[live], frozen=frozen);

# %% [markdown]
# Colours show classes, from a score of 0.5 on; square patches are masks that aren't learned yet.

# %% [markdown]
# ### Measured
#
# Most things are found soon; exact outlines, AP75, take longer.

# %%
networks = {"just now": fresh} | ({"half an hour": net} if shipped else {})
ours = {name: training.scores(test, network.find(pictures, least=0.05))
        for name, network in networks.items()}
tell(baselines | ours)
last, net = [*networks.items()][-1]
bets.reveal("ap50", ours[last]["ap50"])

# %% [markdown]
# ### The best and the worst

# %% tags=["hide"]
from course_utils.show import best_and_worst

answers = net.find(pictures)
each = [metrics.instance_f1(item.labels, models.labels(found["masks"])) for item, found in zip(test, answers)]
worth = best_and_worst(each, 2)
show_figure(things_figure([pictures[n] for n in worth] * 2, [truths[n] for n in worth] + [answers[n] for n in worth],
                          names, [f"F1 {each[n]:.2f}" for n in worth], columns=len(worth), height=3.1, rows=("truth", "found")),
            alt="Four pictures, each thing in its colour: the truth above, what the network finds below.")

# %% [markdown]
# On the right, look for what is missed, found twice, or found under another name.

# %% [markdown]
# ### U-Net or Mask R-CNN?
#
# Lesson 01's U-Net, with a class for each kind of thing, learned as long from the same pictures.

# %% tags=["hide"]
parts = {"tables, F1": ("tables", "f1"), "tables, AP50": ("tables", "ap50"), "cells, F1": ("cells", "f1")}
beside = summary["beside"]
show_intervals({title: {name: told[key] for name, told in beside[world].items()}
                for title, (world, key) in parts.items()},
               alt="F1 and AP50 of a U-Net with a watershed and of Mask R-CNN, with 95 % intervals.")
seconds = [told["seconds"]["mean"] for each in beside.values() for told in each.values()]
print(f"three trainings each, from nothing, {min(seconds):.0f} to {max(seconds):.0f} seconds of one core")

# %% [markdown]
# So early the U-Net finds more things, and Mask R-CNN knows better what they are.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 9.
# > While it trains: which of the five losses can be right while the others are wrong?
# > Let the room find the mistake in the worst picture before you name it.

# %% [markdown]
# ## Your picture

# %% tags=["hide"]
from course_utils.data.photographs import PHOTOGRAPHS, photographs
from course_utils.teach import your_picture

you = [your_picture(256), photographs(256)[PHOTOGRAPHS.index("coffee")], pictures[shown[-1]]]
show_figure(things_figure(you, net.find(you), names, ["you", "a photograph", "a test picture"], height=4.3),
            alt="Your picture, a photograph of a cup and a test picture, with what the network takes for things.")

# %% [markdown]
# It knows only what it learned from: whatever it sees is of one of its classes, or nothing.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 3.
# > Which of its mistakes would more pictures mend, and which only other pictures?

# %% [markdown]
# ## Recap
#
# 1. Anchors, objectness, proposals thinned by NMS; then RoIAlign, a class, a box and a mask for each.
# 2. Rounding a box to cells costs much of AP50 and most of AP75; sigmoids let each class draw its mask for itself.
# 3. AP ranks by score and asks for each class.
#    For alike things that touch, lesson 01's U-Net with a watershed gets further in little time; where each thing's class counts, take Mask R-CNN.
#
# Left to explore: a larger backbone, keypoints, video.
# Now you: [exercises](exercises/07_mask_rcnn.ipynb).
# References: He, Gkioxari, Dollár, Girshick, *Mask R-CNN*, 2017, section 3, tables 2 and 3; Ren et al., *Faster R-CNN*, 2015, eq. 1 and 2; Lin et al., *FPN*, 2017; Lin et al., *COCO*, 2014.

# %%
bets.score()
results.record(run, ours[last], ours["just now"], baselines)
results.must_beat(run, ours["just now"], baselines)

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 3.
# > Which pictures of your own work have things that touch, and which have things that hide one another?
