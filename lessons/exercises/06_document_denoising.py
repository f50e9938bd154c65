# %% [markdown]
# # Exercises 06: clean it
#
# Five exercises, from a warm-up to an open one, and five questions.
# They belong to [lesson 06](../06_document_denoising.ipynb) and take about 60 minutes.
#
# - Write your code where it says `...  # your code here`, and run the check below it.
# - The check tells you which mistake it sees; `q1.hint()` helps, and `q1.hint(2)` helps more.
# - Nothing is trained here, and nothing reads pages: every cell runs in seconds, without Tesseract.

# %%
import numpy as np

from course_utils import profile
from course_utils.exercises import exercise

profile.set_seeds(0)
print("Ready.")

# %% [markdown]
# ## 1. The RMSE of many pages
#
# $$\mathrm{RMSE} = \sqrt{\frac{1}{n}\sum_i (p_i - t_i)^2}$$
#
# Here $n$ counts the pixels of all pages together, and the pages differ in size.

# %%
def pooled_rmse(clean, cleaned):
    """Two lists of pages (H, W) in [0, 1], pair by pair of one shape -> one number."""
    # solution
    squares = sum(np.sum((t - p) ** 2) for t, p in zip(clean, cleaned))
    return np.sqrt(squares / sum(t.size for t in clean))
    # end solution

# %%
q1 = exercise("06.1")
q1.check(pooled_rmse)

# %% [markdown] tags=["solution"]
# Add up first, divide once, and take the root last.
# Then cutting a page into two halves changes nothing.

# %% [markdown]
# ## 2. CER by hand
#
# How many characters must be replaced, inserted or deleted to turn the reading into the reference, at least?
# Let $d_{ij}$ be that number for the first $i$ characters of the reference and the first $j$ of the reading.
#
# $$d_{i0} = i, \quad d_{0j} = j, \quad d_{ij} = \min(d_{i-1,j} + 1,\; d_{i,j-1} + 1,\; d_{i-1,j-1} + [a_i \neq b_j])$$
#
# The bracket is 1 if the two characters differ, else 0.
# CER is the edits of all pages divided by the characters of all references.
# Blanks count like letters.

# %%
def cer(references, readings):
    """Two lists of strings, one of each a page -> one number, 0 at best."""
    # solution
    edits = 0
    for a, b in zip(references, readings):
        d = np.zeros((len(a) + 1, len(b) + 1), int)
        d[:, 0], d[0] = np.arange(len(a) + 1), np.arange(len(b) + 1)
        for i in range(1, len(a) + 1):
            for j in range(1, len(b) + 1):
                replaced = d[i - 1, j - 1] + (a[i - 1] != b[j - 1])
                d[i, j] = min(d[i - 1, j] + 1, d[i, j - 1] + 1, replaced)
        edits += d[-1, -1]
    return edits / sum(len(a) for a in references)
    # end solution

# %%
q2 = exercise("06.2")
q2.check(cer)

# %% [markdown] tags=["solution"]
# One character too many costs 1, although it moves all that follow: that is what the table is for.
# The check compares with the function that the lesson measures with.

# %% [markdown]
# ## 3. Which files test
#
# Each page was scanned under several damages, and someone has already saved augmented copies of some scans.
# Pages go to train or test as a whole: a page tests if its `fold` is 0.
# `fold` turns a name into a number from 0 to 4, always the same for the same name.
# Copies are made for training only: the copies of a page that tests are left out.

# %%
from course_utils.data.splits import fold

print({page: fold(page) for page in ("form 1", "form 2", "form 3")})

# %%
def sides(files, pages, copies):
    """Names of files, of the page on each, and whether each is a copy: three lists of one length.

    -> an array of integers, one for each file: 0 trains, 1 tests, -1 is left out.
    """
    # solution
    tests = np.array([fold(page) == 0 for page in pages])
    return np.where(tests, np.where(copies, -1, 1), 0)
    # end solution

# %%
q3 = exercise("06.3")
q3.check(sides)

# %% [markdown] tags=["solution"]
# The fold comes from the page's name alone.
# So a page stays on its side when files are added, lost or sorted anew.

# %% [markdown]
# ## 4. A page of any size
#
# A network halves a page three times, so it takes only sides that are divisible by 8.
# It takes pages (N, H, W, 1) and gives logits of the same shape, NumPy in and out.
#
# Continue the paper on the right and below until the sides fit: `np.pad` can mirror it.
# Then ask the network, apply the sigmoid $1 / (1 + e^{-x})$, and cut the page back to its size.

# %%
def clean(model, page):
    """The network, and floats (H, W) in [0, 1] of any size -> floats (H, W) in [0, 1]."""
    # solution
    height, width = page.shape
    whole = np.pad(page, [(0, -height % 8), (0, -width % 8)], mode="symmetric")
    logits = model(whole[None, ..., None])[0, ..., 0]
    return 1 / (1 + np.exp(-logits[:height, :width]))
    # end solution

# %%
q4 = exercise("06.4")
q4.check(clean)

# %% [markdown] tags=["solution"]
# In Python `-height % 8` is what is missing to the next multiple of 8, and 0 if nothing is.
# Cut with `[:height]`, never with `[:-missing]`: if nothing is missing, nothing would be left.

# %% [markdown]
# ## 5. Clean pages without a network
#
# The open one: four damaged pages, and no network.
# The score is the share of the RMSE that is gone, pooled over the four pages.
# A threshold at 0.5 reaches a third.

# %%
from course_utils.show import show_images
from course_utils.exercises.documents import damaged_pages

pages = damaged_pages()
show_images([noisy for noisy, in pages.values()], list(pages), columns=2,
            alt="Four pages: a coffee stain, folds, footprints, and light that falls from one side.")

# %% tags=["solution"]
from course_utils import cleaning

# %%
def without_network(noisy):
    """A damaged page, floats (H, W) in [0, 1] -> the page cleaned, floats (H, W) in [0, 1]."""
    # solution
    background = cleaning.median_filter(noisy, radius=5)
    return np.clip((noisy / np.maximum(background, 0.05) - 0.15) / 0.8, 0, 1)
    # end solution

# %%
q5 = exercise("06.5")
q5.check(without_network)

# %% [markdown] tags=["solution"]
# A stain multiplies the paper, so dividing by the paper takes it away.
# The last line makes ink black again; the share without it is 0.02 lower.

# %% [markdown]
# What your filter still gets wrong is what a network has to learn.

# %% [markdown]
# ## Five questions

# %%
from course_utils.teach.quiz import quiz

quiz("06")
