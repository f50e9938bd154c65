# %% [markdown]
# # Exercises 04: repaint it
#
# Five exercises, from a warm-up to an open one, and five questions.
# They belong to [lesson 04](../04_style_transfer.ipynb) and take about 60 minutes.
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
# ## 1. Which channels go together?
#
# A layer's activations $F$ of one picture have $N$ channels and $M = H \cdot W$ places.
#
# $$G_{ij} = \sum_{k=1}^{M} F_{ik} F_{jk}$$

# %%
def gram_matrix(features):
    """Activations of some pictures (B, H, W, N) -> their Gram matrices (B, N, N)."""
    # solution
    flat = features.reshape(len(features), -1, features.shape[-1])
    return flat.swapaxes(1, 2) @ flat
    # end solution

# %%
q1 = exercise("04.1")
q1.check(gram_matrix)

# %% [markdown] tags=["solution"]
# The sum runs over the places, so the matrix can't say where anything is.
# Move all of them around, and it stays the same: that is why it stands for style.

# %% [markdown]
# ## 2. The cost of a style
#
# Given are a layer's Gram matrix $G$ of the picture, the same layer's $A$ of the style picture, and the number of places $M$.
#
# $$E = \frac{1}{4 N^2 M^2} \sum_{i,j} \left(G_{ij} - A_{ij}\right)^2$$
#
# Each layer has its own $N$ and $M$; for the style as a whole, the layers' costs are added up, each with its weight.

# %%
def style_loss(gram, target, places):
    """Gram matrices of some pictures (B, N, N), of the style (N, N), and M -> the costs (B,)."""
    # solution
    channels = gram.shape[-1]
    return np.sum((gram - target) ** 2, axis=(1, 2)) / (4 * channels**2 * places**2)
    # end solution

# %%
q2 = exercise("04.2")
q2.check(style_loss)

# %% [markdown] tags=["solution"]
# Some slides print $1 / (h \cdot w \cdot n)^2$: the same without the 4, so that β means something else.
# One popular implementation divides every layer by the size of the picture instead.
# At 256×256 that makes the first layer of VGG-19 count 1024 times as much as the fifth, compared with the paper.

# %% [markdown]
# ## 3. A pixel moves
#
# Nothing is trained in style transfer but the picture: its pixels are the variable.
# Take **five steps** down the gradient of the content loss, each as long as `rate` times the gradient, and cut the picture to $[0, 1]$ after each.
#
# $$L = \tfrac{1}{2} \sum_{i,k} (F_{ik} - P_{ik})^2$$
#
# $F$ are the activations of the picture as it stands, $P$ is given as `target`.
# The network is a small one with random weights, and any function of TensorFlow would do.

# %%
import tensorflow as tf


def move_pixels(network, picture, target, rate=0.3):
    """A picture (1, H, W, 3) in [0, 1] after five steps towards `target`, as an array."""
    # solution
    moving = tf.Variable(picture)
    for _ in range(5):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum((network(moving) - target) ** 2) / 2
        gradient = tape.gradient(loss, moving)
        moving.assign(tf.clip_by_value(moving - rate * gradient, 0, 1))
    return moving.numpy()
    # end solution

# %%
q3 = exercise("04.3")
q3.check(move_pixels)

# %% [markdown] tags=["solution"]
# The tape leads from the loss through the network to the picture, and the network's weights are never asked.
# The gradient is a new one at each step, since the picture has moved.

# %% [markdown]
# ## 4. Keep the colours
#
# A painting of a face may have a blue face.
# Take only its **lightness**, and the colours of the photograph: in Lab, channel 0 is lightness, 1 and 2 are colour.

# %%
from course_utils import images


def keep_colours(content, painted):
    """A photograph and its painting, (H, W, 3) in [0, 1] -> the painting in the photo's colours."""
    # solution
    lab = images.rgb_to_lab(content)
    lab[..., 0] = images.rgb_to_lab(painted)[..., 0]
    return images.lab_to_rgb(lab)
    # end solution

# %%
q4 = exercise("04.4")
q4.check(keep_colours)

# %% [markdown] tags=["solution"]
# Strokes are mostly light and dark: they survive.
# In RGB there is no such channel, since each of the three is lightness and colour at once.

# %% [markdown]
# ## 5. Repaint without a network
#
# The open one: a photograph, a painting, and no gradient.
# First a prediction, about the judge.

# %%
from course_utils.exercises.style import strokes_and_content, works
from course_utils.show import show_images
from course_utils.training.style import distances, in_colours_of

painting, photograph = works()["cat, strokes"]
colours = in_colours_of(painting, photograph)
squares = painting.reshape(12, 8, 12, 8, 3).swapaxes(1, 2).reshape(144, 8, 8, 3)
mixed = np.random.default_rng(0).permutation(squares).reshape(12, 12, 8, 8, 3)
shown = {"its colours": colours, "double exposure": in_colours_of(painting, (painting + colours) / 2),
         "its squares": mixed.swapaxes(1, 2).reshape(96, 96, 3)}
show_images([painting, *shown.values()], ["the painting", *shown],
            alt="A painting; a cat in its colours, both in one picture, the painting in shuffled squares.")

# %% [markdown]
# ### Predict, then explain
#
# In the last picture every stroke is the painting's, since its squares were only shuffled; the cat has its colours alone.
# Which of the three has the smallest distance between its Gram matrices and the painting's, and which the largest?
# Write your answer and your reason here before you run the next cell.
#
# **My prediction:** …
#
# **My reason:** …

# %%
from course_utils.models import features

judge = features.network("course")  # nothing here was painted by its loss
for name, picture in shown.items():
    far = distances(judge, picture, colours, painting)["style_distance"]
    print(f"{name:<16} style distance {far:.2f}")

# %% [markdown]
# Were you right?
#
# **What the judge sees:** …

# %% [markdown] tags=["solution"]
# The double exposure is the nearest, although no stroke in it is whole: its mixture of colours and edges is about right.
# The squares are farther off than the cat without a stroke.
# Their seams are hard edges, upright and level, and the painting has none such; the first layers see them everywhere.

# %% [markdown]
# ### Now you
#
# A judge that a double exposure pleases is no judge for this exercise, so yours is no network.
# Your score is **strokes × content**:
#
# - **Strokes**: 1 where each 6×6 square of your picture is one of the painting, 0 where they are as far from it as those of the photograph in the painting's colours; less if your picture is blurred.
# - **Content**: 1 where your picture, blurred, is that photograph, 0 where it is as far off as the painting.
#
# Two pictures in one are neither: the best double exposure gets 0.27.

# %%
def repaint(style, content):
    """A painting and a photograph -> the photograph repainted; all (96, 96, 3) in [0, 1]."""
    # solution
    from skimage.util import view_as_windows

    picture, size, overlap = in_colours_of(style, content), 7, 3
    pieces = view_as_windows(style, (size, size, 3), 2).reshape(-1, size, size, 3)
    fade = np.minimum(1, np.arange(1, size + 1, dtype="float32") / (overlap + 1))
    fade = (fade[:, None] * fade)[..., None]
    starts = [*range(0, 96 - size, size - overlap), 96 - size]
    for top in starts:
        for left in starts:
            spot = picture[top : top + size, left : left + size]
            best = np.argmin(((pieces - spot) ** 2).sum((1, 2, 3)))
            spot[:] = fade * pieces[best] + (1 - fade) * spot
    return picture
    # end solution

# %%
q5 = exercise("04.5")
q5.check(repaint)

# %%
for style, content in works().values():
    answer = repaint(style, content)
    if answer is not ...:
        strokes, kept = strokes_and_content(style, content, answer)
        show_images([content, style, answer],
                    ["photograph", "painting", f"strokes {strokes:.2f}, content {kept:.2f}"],
                    alt="A photograph, a painting, and the photograph in pieces of the painting.")

# %% [markdown] tags=["solution"]
# Each square looks for the piece of the painting that is most like what stands there: the photograph in the painting's colours, and on its left and upper side the pieces that are painted already.
# So strokes run on from one piece into the next, and the overlap fades.
# It gets 0.55; fine things such as the eyes and the mouth are lost, since the painting has no piece for them.

# %% [markdown]
# What does the optimisation have that these pieces haven't?
# It may change every pixel a little, and all layers are compared at once.

# %% [markdown]
# ## Five questions

# %%
from course_utils.teach.quiz import quiz

quiz("04")
