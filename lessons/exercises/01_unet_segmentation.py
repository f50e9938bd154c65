# %% [markdown]
# # Exercises 01: cut it up
#
# Five exercises, from a warm-up to an open one, and five questions.
# They belong to [lesson 01](../01_unet_segmentation.ipynb) and take about 60 minutes.
#
# - Write your code where it says `...  # your code here`, and run the check below it.
# - The check tells you which mistake it sees; `q1.hint()` helps, and `q1.hint(2)` helps more.
# - Nothing is trained here: every cell runs in seconds.

# %%
import numpy as np

from course_utils import profile
from course_utils.exercises import exercise

profile.set_seeds(0)
print("Ready.")

# %% [markdown]
# ## 1. IoU by hand
#
# Intersection over union: the pixels that both masks call cell, divided by those that at least one calls cell.
# Two empty masks agree, so their IoU is 1.

# %%
def iou(truth, prediction):
    """Two boolean masks of one shape -> a number from 0 to 1."""
    # solution
    union = np.sum(truth | prediction)
    return np.sum(truth & prediction) / union if union else 1.0
    # end solution

# %%
q1 = exercise("01.1")
q1.check(iou)

# %% [markdown] tags=["solution"]
# Background that both masks leave empty counts nowhere.
# That is the difference from pixel accuracy, which an empty prediction can win where cells are rare.

# %% [markdown]
# ## 2. How much is left of the picture
#
# The paper's U-Net pads nothing, so every 3×3 convolution loses the outermost pixels.
# On the way down: two convolutions, then the side halves, `depth` times.
# At the bottom: two convolutions.
# On the way up: the side doubles, then two convolutions, `depth` times.
# How long is a side of the answer?

# %%
def output_side(side, depth):
    """Side of the input in pixels and number of poolings -> side of the output, an integer."""
    # solution
    for _ in range(depth):
        side = (side - 4) // 2
    side = side - 4
    for _ in range(depth):
        side = 2 * side - 4
    return side
    # end solution

# %%
q2 = exercise("01.2")
q2.check(output_side)

# %% [markdown] tags=["solution"]
# 572 becomes 388 at depth 4: 92 pixels are lost on each side, whatever the size.
# Large tiles waste less: of 188 pixels only 4 are left.

# %% [markdown]
# ## 3. The border term
#
# $$w_0 \exp\left(-\frac{(d_1 + d_2)^2}{2\sigma^2}\right)$$
#
# Where there is no second cell, $d_2$ is infinite.

# %%
def border_term(d1, d2, w0=10.0, sigma=5.0):
    """Distances in pixels, two arrays of one shape -> weights of that shape."""
    # solution
    return w0 * np.exp(-((d1 + d2) ** 2) / (2 * sigma**2))
    # end solution

# %%
q3 = exercise("01.3")
q3.check(border_term)

# %% [markdown] tags=["solution"]
# An infinite distance gives the weight 0 without a special case: one cell alone has no border to separate.

# %% [markdown]
# ## 4. The weighted loss by hand
#
# $$E = -\frac{1}{|\Omega|}\sum_{x \in \Omega} w(x)\, \log p_{\ell(x)}(x), \qquad p = \mathrm{softmax}(\mathrm{logits})$$
#
# The sum runs over all pixels $x$ of the batch, and $|\Omega|$ is their number.
# Use NumPy and SciPy only.
# Logits may be large, so mind what `np.exp(1000)` gives.

# %%
def weighted_cross_entropy(labels, logits, weights):
    """(B, H, W) integers, (B, H, W, K) floats, (B, H, W) floats -> one number."""
    # solution
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    log_p_true = np.take_along_axis(log_p, labels[..., None], axis=-1)[..., 0]
    return -np.mean(weights * log_p_true)
    # end solution

# %%
q4 = exercise("01.4")
q4.check(weighted_cross_entropy)

# %% [markdown] tags=["solution"]
# Subtracting the largest logit changes no probability, and keeps exp from overflowing.
# The check compares with the loss that the lesson trains with.

# %% [markdown]
# ## 5. Keep touching cells apart
#
# The open one: a network has blurred the borders, and cells melt together.
# Turn its probabilities into numbered cells.
# The score is the mean F1 of four crowded fields.
# The baseline is the lesson's own watershed, `course_utils.postprocess.instances`, which looks at shapes only.

# %%
from course_utils.show import colour_labels, show_images
from course_utils.exercises.segmentation import probability_maps

maps = [probability for probability, in probability_maps().values()]

def show_answers(found):
    show_images([*maps, *map(colour_labels, found)], list(probability_maps()), columns=4,
                alt="Four grey maps of crowded cells with grey bridges; below them your cells.")

show_answers([])

# %% tags=["solution"]
from skimage.measure import label
from skimage.segmentation import watershed

# %%
def separate(probability):
    """Floats (H, W) in [0, 1] -> integers (H, W): 0 is background, every cell has its own number."""
    # solution
    seeds = label(probability > 0.85)
    return watershed(-probability, seeds, mask=probability > 0.5)
    # end solution

# %%
q5 = exercise("01.5")
q5.check(separate)
show_answers(q5.answers(separate))

# %% [markdown] tags=["solution"]
# The high threshold finds one seed in nearly every cell; the low one says where cells end.
# In field 32 two cells share a seed, over a bright bridge, and stay one; in field 0 a pale cell has no seed, and its neighbour swallows it.
# The lesson's watershed takes its seeds from the shape of the mask, which the blur has changed; the probability still dips between two cells.

# %% [markdown]
# Which cells are still merged, and would a person part them?

# %% [markdown]
# ## Predict, then explain
#
# Two networks make one mistake each.
# The first finds every cell, and draws it one pixel too small all around.
# The second has every pixel right, but gives all cells that touch one number.
# Which of them loses more IoU, and which more F1?
# Write your prediction into the next cell (a double click opens it), run the cell below it, and write why it came out so.

# %% [markdown]
# *My prediction:*
#
# *My explanation:*

# %%
from course_utils.exercises.segmentation import shrunk_and_glued

for name, (iou_of_pixels, f1_of_cells) in shrunk_and_glued().items():
    print(f"{name:<20} IoU {iou_of_pixels:.2f}   F1 {f1_of_cells:.2f}")

# %% [markdown]
# <details><summary>A model answer</summary>
#
# IoU counts pixels: the rims of small cells are many of them, while gluing changes no pixel from cell to background.
# F1 counts cells with an IoU above 0.5: a cell without its rim is still found, but of two glued cells at most one is.
# So the two numbers judge different things, and a report needs both.
#
# </details>

# %% [markdown]
# ## Five questions

# %%
from course_utils.teach.quiz import quiz

quiz("01")
