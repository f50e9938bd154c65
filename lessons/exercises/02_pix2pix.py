# %% [markdown]
# # Exercises 02: translate it
#
# Five exercises, from a warm-up to an open one, and five questions.
# They belong to [lesson 02](../02_pix2pix.ipynb) and take about 60 minutes.
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
# ## 1. The best answer of all
#
# Many photographs fit one drawing, and at one pixel they have the greys $y_1 \dots y_n$; $n$ is odd.
# The network must answer one grey $a$.
#
# $$\mathrm{L1}(a) = \frac{1}{n}\sum_i |y_i - a|, \qquad \mathrm{L2}(a) = \frac{1}{n}\sum_i (y_i - a)^2$$
#
# Which $a$ has the smallest L1, and which the smallest L2?

# %%
def best_answers(greys):
    """Greys (n,) in [0, 1], n odd -> (the best answer for L1, the best answer for L2)."""
    # solution
    return np.median(greys), np.mean(greys)
    # end solution

# %%
q1 = exercise("02.1")
q1.check(best_answers)

# %% [markdown] tags=["solution"]
# The median is one of the greys, the mean mostly none of them.
# One very bright value leaves the median where it was, and moves the mean.

# %% [markdown]
# ## 2. What one number sees
#
# A PatchGAN is a stack of convolutions, each with a size and a stride, the first one nearest to the picture.
# How many pixels a side does one number of its answer see?

# %%
from course_utils.models import patchgan

print(patchgan.convolutions(layers=3))  # three halvings

# %%
def receptive_field(convolutions):
    """A list of (size, stride), from the picture on -> a whole number of pixels."""
    # solution
    seen = 1
    for size, stride in reversed(convolutions):
        seen = (seen - 1) * stride + size
    return seen
    # end solution

# %%
q2 = exercise("02.2")
q2.check(receptive_field)

# %% [markdown] tags=["solution"]
# With 1, 2 and 3 halvings it is 16, 34 and 70; the paper tries 1, 16, 70 and 286, that is no halving, 1, 3 and 5.
# Between `seen` numbers there are `seen - 1` steps of one stride each, and the last one adds its whole size.

# %% [markdown]
# ## 3. Two losses from logits
#
# The discriminator answers a logit $l$ for each patch, and $D = 1 / (1 + e^{-l})$ is how real it looks.
#
# - "All of this is real" costs the mean of $-\log D$: the discriminator minimises it on real pairs, and the generator on its fakes.
# - "All of this is fake" costs the mean of $-\log(1 - D)$: the discriminator minimises it on fakes.
#
# Logits may be very large, on either side of 0; no loss may become infinite.

# %%
def adversarial_loss(logits, real):
    """Logits (N, h, w, 1), True for "all real" or False for "all fake" -> one number."""
    # solution
    return np.mean(np.logaddexp(0, -logits if real else logits))
    # end solution

# %%
q3 = exercise("02.3")
q3.check(adversarial_loss)

# %% [markdown] tags=["solution"]
# $-\log D = \log(1 + e^{-l})$ and $-\log(1 - D) = \log(1 + e^{l})$: no sigmoid is left that could be rounded to 0 or 1.
# Where all logits are 0, both losses are $\log 2 = 0.69$.

# %% [markdown]
# ## 4. Read by a machine
#
# A reader named each pixel of the generated houses, and the labels say what they should show.
# The FCN-score's IoU counts the pixels of **all houses together**:
#
# $$\mathrm{IoU}_i = \frac{n_{ii}}{\sum_j n_{ij} + \sum_j n_{ji} - n_{ii}}$$
#
# Here $n_{ij}$ counts the pixels of class $i$ that were read as $j$.
# There are 12 classes, 0 to 11; those in no label and no reading are left out of the mean.

# %%
def mean_class_iou(truths, predictions):
    """Two lists of labels (H, W), 0 to 11, house by house -> one number, 1 at best."""
    # solution
    table = np.zeros((12, 12), int)
    for truth, read in zip(truths, predictions):
        np.add.at(table, (truth, read), 1)
    right, true, named = np.diag(table), table.sum(1), table.sum(0)
    there = true + named > 0
    return np.mean(right[there] / (true + named - right)[there])
    # end solution

# %%
q4 = exercise("02.4")
q4.check(mean_class_iou)

# %% [markdown] tags=["solution"]
# Walls have many more pixels than doors, and both classes count alike: so a lost door is seen.
# The check compares with the function that the lesson measures with.

# %% [markdown]
# ## 5. Paint without a network
#
# The open one: labels of six houses, twelve others with labels and photographs, and no network.
# Your score is **texture × areas**, 1 for the true photographs:
#
# - **Texture**: sharpness $s$ away from the labels' edges, at full, half and a quarter of the size; the mean of $s$ or $1/s$, whichever is smaller.
# - **Areas**: at a quarter of the size, the correlation with the true photograph: are light and dark where they should be?
#
# Mean colours have no texture: 0.
# One texture for everything has no areas: about 0, too.

# %%
from course_utils.show import show_images
from course_utils.data.pix2pix import mean_colours
from course_utils.exercises.pix2pix import houses
from drawn_worlds import houses as facades

given = houses()
labels, drawn, photos = given["house 1"]
fog = mean_colours(labels, drawn, photos)
show_images([facades.colour(labels), fog, facades.colour(drawn[0]), photos[0]],
            ["to paint", "mean colours", "another house", "its photograph"],
            alt="A house's labels, the same in mean colours, and another house's labels and photograph.")

# %%
def paint(labels, drawn, photos):
    """Labels (H, W), and of other houses labels (N, H, W) and photographs (N, H, W, 3) in [0, 1].

    -> a photograph of the first house, floats (H, W, 3) in [0, 1].
    """
    # solution
    picture = mean_colours(labels, drawn, photos)
    for theirs, photo in zip(drawn, photos):
        alike = theirs == labels
        picture[alike] = photo[alike]
    return picture
    # end solution

# %%
q5 = exercise("02.5")
q5.check(paint)

# %% tags=["solution"]
show_images([paint(*given[f"house {number}"]) for number in (1, 2, 3)],
            [f"house {number}" for number in (1, 2, 3)],
            alt="Three painted houses: sharp, and patched together from several photographs.")

# %% [markdown] tags=["solution"]
# Each pixel comes from the last house that has the same class there.
# There are bricks now, and seams, where two houses meet.
# It gets 0.37; mean colours with two kinds of noise get 0.21: the score sees how much texture there is, not which.

# %% [markdown]
# What tells your houses from photographs at first sight?
# That is what a discriminator looks for.

# %% [markdown]
# ## Predict, then explain
#
# Below is a brick wall, the same wall moved by a few pixels, and its mean colour.
# Suppose a network had painted the second or the third: which answer has the smaller MAE to the first, and which would a discriminator call real?
# Write your prediction into the next cell (a double click opens it), run the cell below it, and write why it came out so.

# %% [markdown]
# *My prediction:*
#
# *My explanation:*

# %%
from course_utils import metrics

house = facades.facade(3_000_113, 512).photo
wall = house[337:369, 338:402]
answers = {"moved": house[341:373, 343:407],
           "mean colour": np.broadcast_to(wall.mean((0, 1)), wall.shape)}
for name, answer in answers.items():
    print(f"{name:<12} MAE {metrics.mae(wall, answer):.3f}   "
          f"sharpness {metrics.sharpness([wall], [answer]):.2f}")
show_images([wall, *answers.values()], ["a wall", *answers],
            alt="A brick wall, the same moved by a few pixels, and one flat colour.")

# %% [markdown]
# <details><summary>A model answer</summary>
#
# The flat colour has the smaller MAE: where a brick is in the wrong place, it errs twice, once where it is and once where it should be.
# A discriminator never compares with the one true wall: to it the moved wall is as real as the first one, and the flat colour is none.
# So L1 alone paints flat walls, and only the discriminator asks for bricks.
#
# </details>

# %% [markdown]
# ## Five questions

# %%
from course_utils.teach.quiz import quiz

quiz("02")
