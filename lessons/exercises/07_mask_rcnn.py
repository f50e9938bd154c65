# %% [markdown]
# # Exercises 07: cut out each one
#
# Five exercises, from a warm-up to the loss that masks learn from, a prediction, and five questions.
# They belong to [lesson 07](../07_mask_rcnn.ipynb) and take about 60 minutes.
#
# - Write your code where it says `...  # your code here`, and run the check below it.
# - The check tells you which mistake it sees; `q1.hint()` helps, and `q1.hint(2)` helps more.
# - Nothing is trained here: every cell runs in seconds.
#
# A box is `y0, x0, y1, x1` in pixels, the coordinates of its edges, so its height is `y1 - y0`.

# %%
import numpy as np

from course_utils import profile
from course_utils.exercises import exercise
from course_utils.models import mask_rcnn as models

profile.set_seeds(0)
print("Ready.")

# %% [markdown]
# ## 1. How far boxes overlap
#
# The IoU of two boxes is the area that they share, divided by the area that at least one of them covers:
#
# $$\mathrm{IoU} = \frac{|A \cap B|}{|A \cup B|}$$
#
# Compare each of $P$ boxes with each of $Q$ others.
# A batch is filled up with boxes of no size at all, so some unions are 0; the IoU is 0 there.

# %%
def iou(some, others):
    """Boxes (P, 4) and (Q, 4) -> the IoU of each with each, (P, Q), from 0 to 1."""
    # solution
    start = np.maximum(some[:, None, :2], others[:, :2])  # (P, Q, 2)
    end = np.minimum(some[:, None, 2:], others[:, 2:])
    shared = np.maximum(end - start, 0).prod(-1)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(-1) for boxes in (some, others)]
    union = areas[0][:, None] + areas[1] - shared
    return np.where(union > 0, shared / np.maximum(union, 1e-9), 0)
    # end solution

# %%
q1 = exercise("07.1")
q1.check(iou)

# %% [markdown] tags=["solution"]
# `np.where` computes both of its sides, so the division needs a union above 0 even where its result isn't taken.
# Without `np.maximum(…, 0)` two boxes that lie apart in both directions would share a positive area: minus times minus.
# A popular program divides 0 by 0 here, and takes the boxes of no size out beforehand instead.

# %% [markdown]
# ## 2. From anchors to boxes
#
# A network answers four numbers for each anchor, and learns from these:
#
# $$t_y = \frac{y - y_a}{h_a}, \quad t_x = \frac{x - x_a}{w_a}, \quad t_h = \log \frac{h}{h_a}, \quad t_w = \log \frac{w}{w_a}$$
#
# Here $y$ and $x$ are the middle of a box, $h$ and $w$ its height and width, and the letters with $a$ are those of its anchor.
# All four are divided by `SCALES`, so that they are about as large as 1.

# %%
from course_utils.models.mask_rcnn.boxes import SCALES

print("SCALES:", SCALES)


def encode(boxes, anchors):
    """Boxes (..., 4) and an anchor for each, (..., 4) -> t_y, t_x, t_h, t_w over SCALES, (..., 4)."""
    # solution
    size, anchor_size = (each[..., 2:] - each[..., :2] for each in (boxes, anchors))
    middle, anchor_middle = ((each[..., 2:] + each[..., :2]) / 2 for each in (boxes, anchors))
    shift, growth = (middle - anchor_middle) / anchor_size, np.log(size / anchor_size)
    return np.concatenate([shift, growth], axis=-1) / SCALES
    # end solution

# %%
q2 = exercise("07.2")
q2.check(encode)

# %% [markdown] tags=["solution"]
# Half as high and twice as high are equally far from 0, and no answer of the network makes a negative height.
# Shifts in units of the anchor mean the same for a small thing and for a large one, so one network can serve both.

# %% [markdown]
# ## 3. Non-maximum suppression
#
# Neighbouring anchors find the same thing, and only the best of them shall stay.
# The boxes of a picture come sorted by their score, the best first.
# A box goes if its IoU with a better one **that stays** is over the threshold.
# A batch holds equally many boxes for each picture, and no picture knows of the others.
#
# `models.iou` is the library's IoU: `np.asarray(models.iou(boxes, boxes))` has the shape (N, K, K).

# %%
def nms(boxes, threshold):
    """Boxes (N, K, 4), the best first, and the threshold -> which of them stay, (N, K) bool."""
    # solution
    over = np.asarray(models.iou(boxes, boxes)) > threshold
    stay = np.ones(over.shape[:2], bool)
    for place in range(1, stay.shape[1]):
        better = over[:, place, :place] & stay[:, :place]
        stay[:, place] = ~better.any(axis=-1)
    return stay
    # end solution

# %%
q3 = exercise("07.3")
q3.check(nms)

# %% [markdown]
# ### Look at them
#
# Three things, and thirty boxes somewhere near them: those that stay in your answer stand on the right.

# %%
from course_utils.show import show_figure
from course_utils.show.things import boxes_figure

rng = np.random.default_rng(1)
things = np.float32([[8, 6, 40, 34], [14, 26, 44, 60], [46, 10, 60, 52]])
boxes = np.repeat(things, 10, axis=0) + rng.normal(0, 1.5, (30, 4)).astype(np.float32)
boxes = boxes[rng.permutation(30)]
stay = nms(boxes[None], 0.5)
if stay is not ...:
    dark = np.full((64, 64, 3), 0.2)
    show_figure(boxes_figure([dark] * 2, [boxes, boxes[np.asarray(stay)[0]]], ["all", "those that stay"]),
                alt="Thirty yellow boxes in three heaps, and those of them that stay.")

# %% [markdown]
# One box should be left on each thing, although the two upper things overlap.

# %% [markdown] tags=["solution"]
# In a chain of boxes each may overlap the next, and the first may not touch the third.
# The second is gone, so it can't suppress the third, which may well be another thing.

# %% [markdown]
# ## 4. RoIAlign along one axis
#
# A box has its edges anywhere, and features have cells of `stride` pixels.
# RoIAlign cuts a box into `out` bins and reads `samples` places in each of them, along each axis alike:
#
# - The edges are $a$ and $b$, so the places are $a + (b - a)\,\frac{i + 0.5}{n}$ with $n$ = `out · samples` and $i = 0, 1, \ldots, n - 1$.
# - Divide them by the stride, and take 0.5 away, since cell 0 has its middle at 0.5: now cell $c$ is at $c$.
# - Beyond the first and the last middle the border's value goes on: clip the places to $0, \ldots, \mathrm{cells} - 1$.
# - At the place $p$, cell $c$ counts $\max(0, 1 - |p - c|)$, which is linear interpolation.
# - A bin is the mean of its samples.

# %%
def axis_weights(start, end, cells, out, stride, samples):
    """Edges of R boxes, (R,) each, in pixels -> what each cell counts in each bin, (R, out, cells)."""
    # solution
    step = (np.arange(out * samples) + 0.5) / (out * samples)
    places = start[:, None] + (end - start)[:, None] * step  # (R, out · samples), in pixels
    places = np.clip(places / stride - 0.5, 0, cells - 1)
    weights = np.maximum(0, 1 - np.abs(places[..., None] - np.arange(cells)))
    return weights.reshape(-1, out, samples, cells).mean(axis=2)
    # end solution

# %%
q4 = exercise("07.4")
q4.check(axis_weights)

# %% [markdown]
# ### A ramp tells
#
# The features are a ramp here: each cell has the place of its own middle, in pixels.
# So each bin should answer where its middle is, and any other answer is an error.
# `models.roi_pool` rounds the box to whole cells, and `tf.image.crop_and_resize`, which many programs take for RoIAlign, counts from corner to corner.

# %%
import tensorflow as tf

from course_utils.show import show_lines

cells, stride, out = 8, 16, 14
ramp = (np.arange(cells, dtype=np.float32) + 0.5) * stride
start, end = np.float32([20]), np.float32([101])
weights = axis_weights(start, end, cells, out, stride, 2)
if weights is not ...:
    right = 20 + (np.arange(out) + 0.5) / out * (101 - 20)
    flat, box = np.tile(ramp, (cells, 1))[None, ..., None], np.float32([[[20, 20, 101, 101]]])
    answers = {"yours": (np.asarray(weights) @ ramp)[0],
               "RoIPool": np.asarray(models.roi_pool(flat, box, out, stride))[0, 0, 0, :, 0],
               "crop_and_resize": tf.image.crop_and_resize(flat, box[0] / (cells * stride), [0], (out, out))[0, 0, :, 0]}
    for name, answer in answers.items():
        print(f"{name:<15} is off by up to {np.abs(answer - right).max():.2f} pixels")
    show_lines(np.arange(out), {"right": right, **answers}, ("bin", "pixels"),
               alt="A straight line, your answers, RoIPool's, which are stairs, and a line that is too flat.")

# %% [markdown]
# Your answers should lie on the straight line; RoIPool's are stairs, and those of `crop_and_resize` are too large at the beginning and too small at the end.

# %% [markdown] tags=["solution"]
# Linear interpolation is exact on a ramp, so every error there is one of the places.
# Without the half cell all answers would lie half a stride too far on, which is 8 pixels here.
# The picture's other axis works alike, so `models.roi_align` is two products with such weights.

# %% [markdown]
# ## 5. What masks learn from
#
# The mask head draws a mask for each class in each crop: logits $x$ of the shape (N, R, m, m, K).
# A crop has one true class $k$ and one true mask $t$ of 0 and 1, and its loss is the mean over the pixels of
#
# $$-t \ln \sigma(x_k) - (1 - t) \ln (1 - \sigma(x_k)) \;=\; \ln(1 + e^{x_k}) - t\, x_k$$
#
# The masks of the other classes have no say, and neither have crops without a thing, those that aren't `positive`.
# Give the mean over all positive crops of all pictures, and 0 if there is none.
# Some logits are so large that the sigmoid $\sigma$ is rounded to 0 or 1; `np.logaddexp(0, x)` is $\ln(1 + e^x)$ without that trouble.

# %%
def class_mask_loss(logits, truth, own, positive):
    """Logits (N, R, m, m, K), true masks (N, R, m, m), true classes (N, R), positive (N, R) bool.

    -> one number.
    """
    # solution
    if not positive.any():
        return 0.0
    x = np.take_along_axis(logits, own[:, :, None, None, None], axis=4)[..., 0]
    losses = np.logaddexp(0, x) - truth * x  # (N, R, m, m)
    return losses[positive].mean()
    # end solution

# %%
q5 = exercise("07.5")
q5.check(class_mask_loss)

# %% [markdown] tags=["solution"]
# The box head decides what a thing is, and the mask head only where it is.
# So no class has to win a pixel against another, and that is what the sigmoids are for.
# In the paper a softmax over the classes costs 5.5 points of AP (30.3 and 24.8, table 2b).

# %% [markdown]
# ## Predict, then explain
#
# Three bananas lie on a table, two of them close together and aslant, and a network finds all three exactly.
# Suppression works among things of one class, and programs differ in its threshold: torchvision takes 0.5 and Matterport's Mask R-CNN 0.3.
# How many of the three are left with each of them, and would it help to compare masks in place of boxes?
# Write your prediction into the next cell (a double click opens it), run the cell below it, and write why it came out so.

# %% [markdown]
# *My prediction:*
#
# *My explanation:*

# %%
from course_utils import metrics
from course_utils.data import mask_rcnn as data
from course_utils.show.things import things_figure

item = data.Drawing("shapes", 2_000_575)
chosen = np.flatnonzero(item.classes == item.names.index("banana") + 1)
bananas = {"boxes": item.boxes[chosen], "classes": item.classes[chosen], "masks": item.masks[chosen]}
for name, overlap in {"boxes": models.iou, "masks": metrics.mask_iou}.items():
    print(f"The largest IoU of two {name} is {np.triu(overlap(bananas[name], bananas[name]), 1).max():.2f}.")
for threshold in (0.5, 0.3):
    left = np.asarray(models.nms(bananas["boxes"][None], threshold)).sum()
    print(f"Threshold {threshold}: {left} of {len(chosen)} are left.")
show_figure(things_figure([item.picture], [bananas], item.names),
            alt="A table with three bananas, their masks and their boxes, of which two overlap.")

# %% [markdown]
# <details><summary>A model answer</summary>
#
# With 0.5 all are left, and with 0.3 one of them is gone, although the network was right about it.
# Suppression can't know whether two boxes mean one thing or two: it sees only how far they overlap.
# Masks would tell, since each pixel belongs to one banana, and so the IoU of the masks is 0.
# But suppression comes before the masks, which are drawn only for the boxes that stay.
# A higher threshold saves the third banana, and lets more things be found twice.
#
# </details>

# %% [markdown]
# ## Five questions

# %%
from course_utils.teach.quiz import quiz

quiz("07")
