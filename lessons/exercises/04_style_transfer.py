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
# One popular implementation divides every layer by the size of the picture instead.
# At 256×256 that makes the first layer of VGG-19 count 1024 times as much as the fifth, compared with the paper.

# %% [markdown]
# ## 3. What VGG-19 wants to see
#
# Its weights come from Caffe, and expect blue, green, red from 0 to 255, less ImageNet's means.
# The means are 103.939 for blue, 116.779 for green and 123.68 for red.

# %%
def for_vgg(pictures):
    """Red, green, blue (B, H, W, 3) in [0, 1] -> what VGG-19 takes, (B, H, W, 3)."""
    # solution
    return pictures[..., ::-1] * 255 - [103.939, 116.779, 123.68]
    # end solution

# %%
q3 = exercise("04.3")
q3.check(for_vgg)

# %% [markdown] tags=["solution"]
# No error tells you when this is wrong: the network answers to anything.
# The pictures get worse, and nobody knows why.

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
# ## 5. Repaint without optimisation
#
# The open one: a photograph, a painting, and no gradient.
# Your score is **style × content**, as the course's feature network sees them:
#
# - **Style**: 1 where the Gram matrices are the painting's, 0 where no more than its colours have come.
# - **Content**: 1 where the activations are those of the photograph in the painting's colours, 0 where they are as far off as the painting's.

# %%
from course_utils.show import show_images
from course_utils.exercises.style import works
from course_utils.training.style import in_colours_of

style, content = works()["portrait, waves"]
show_images([style, content, in_colours_of(style, content)],
            ["the painting", "the photograph", "in its colours"],
            alt="A painting of waves, a portrait, and the portrait in the colours of the painting.")

# %%
def repaint(style, content):
    """A painting and a photograph -> the photograph repainted; all (96, 96, 3) in [0, 1]."""
    # solution
    from skimage.color import rgb2gray
    from skimage.util import view_as_windows

    guide, size = rgb2gray(in_colours_of(style, content)), 6
    pieces = view_as_windows(style, (size, size, 3), 2).reshape(-1, size, size, 3)
    greys, picture = rgb2gray(pieces), content.copy()
    for top in range(0, 96, size):
        for left in range(0, 96, size):
            spot = slice(top, top + size), slice(left, left + size)
            best = np.argmin(((greys - guide[spot]) ** 2).sum((1, 2)))
            picture[spot] = pieces[best]
    return picture
    # end solution

# %%
q5 = exercise("04.5")
q5.check(repaint)

# %% tags=["solution"]
show_images([repaint(*pair) for pair in works().values()],
            alt="A portrait in pieces of waves, and a cat in pieces of brush strokes.")

# %% [markdown] tags=["solution"]
# Each square is a piece of the painting that is light and dark where the photograph is.
# It has strokes, and seams: no stroke runs on into the next square.
# It gets 0.24.

# %% [markdown]
# What does the optimisation have that these pieces haven't?
# It may change every pixel a little, and all layers judge at once.

# %% [markdown]
# ## Five questions

# %%
from course_utils.teach.quiz import quiz

quiz("04")
