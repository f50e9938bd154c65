# %% [markdown]
# # Exercises 06: clean it
#
# Six exercises, from a warm-up to an open one, a prediction, and five questions.
# They belong to [lesson 06](../06_document_denoising.ipynb) and take about 70 minutes; without number 4 they take an hour.
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
# ## 1. The floor of the loss
#
# Binary cross-entropy compares a prediction $p$ with a clean page $t$, pixel by pixel:
#
# $$\mathrm{BCE} = -\frac{1}{n}\sum_i \bigl[t_i \ln p_i + (1 - t_i) \ln (1 - p_i)\bigr]$$
#
# The best prediction is the clean page itself, $p = t$.
# What is left then is the entropy of the pages, and no network gets below it.
# $0 \cdot \ln 0$ counts as 0, and $n$ counts the pixels of all pages together.

# %%
def entropy_of_grey(clean):
    """A list of clean pages, each (H, W) in [0, 1], of any sizes -> the lowest BCE, one number."""
    # solution
    grey = np.concatenate([page.ravel() for page in clean])
    t = grey[(grey > 0) & (grey < 1)]
    return -np.sum(t * np.log(t) + (1 - t) * np.log(1 - t)) / grey.size
    # end solution

# %%
q1 = exercise("06.1")
q1.check(entropy_of_grey)

# %% [markdown] tags=["solution"]
# Pure black and white cost nothing, so they may be left out of the sum, but not out of $n$.
# A page with many soft rims has a higher floor: two losses can be compared only on the same pages.

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
# Blanks count like letters, and each page is compared with its own reading.

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
# The baseline is the best filter of the lesson, `cleaning.subtract_background`; look at what it leaves behind.

# %%
from course_utils import cleaning
from course_utils.show import show_images
from course_utils.exercises.documents import damaged_pages

pages = {damage: noisy for damage, (noisy,) in damaged_pages().items()}
filtered = [cleaning.subtract_background(noisy) for noisy in pages.values()]
show_images([*pages.values(), *filtered], [*pages, *["the filter"] * 4], columns=4, height=1.5,
            alt="Four pages with coffee, uneven light, footprints, specks; below, the filter's answers.")

# %% [markdown]
# Most of what is left to gain stands on the fourth page.

# %% tags=["solution"]
from scipy import ndimage

# %%
def without_network(noisy):
    """A damaged page, floats (H, W) in [0, 1] -> the page cleaned, floats (H, W) in [0, 1]."""
    # solution
    around = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]])
    darkest = ndimage.minimum_filter(noisy, footprint=around)
    lightest = ndimage.maximum_filter(noisy, footprint=around)
    alone = (noisy < darkest - 0.25) | (noisy > lightest + 0.25)
    without_specks = np.where(alone, cleaning.median_filter(noisy), noisy)
    return cleaning.subtract_background(without_specks)
    # end solution

# %%
q5 = exercise("06.5")
q5.check(without_network)

# %%
yours = [without_network(noisy) for noisy in pages.values()]
if yours[0] is not ...:
    show_images([*filtered, *yours], [*["the filter"] * 4, *["yours"] * 4], columns=4, height=1.5,
                alt="The four pages after the lesson's filter, and below after your own.")

# %% [markdown]
# Compare the last column first, then the thin strokes of the other three.

# %% [markdown] tags=["solution"]
# A speck is alone: it is darker or lighter than all eight pixels around it, and a stroke goes on somewhere.
# So only specks are replaced, and the background is divided out afterwards.
# The score hides what that costs: small full stops are specks, too, and 38.66 has become 38 66.
# What your filter still gets wrong is what a network has to learn.

# %% [markdown]
# ## 6. What a server answers
#
# A server meets whole pages, broken ones and files of other kinds.
# Programs read the status, and people the sentence:
#
# | status | when |
# |---|---|
# | 200 | the file is a whole PNG or JPEG picture |
# | 413 | it has more than 20 megapixels, by its header: it isn't decoded |
# | 415 | it is neither PNG nor JPEG |
# | 422 | it is empty, damaged or cut off |
#
# The sentence says what is wrong and what to do, without an exception's own text.

# %%
import io

from PIL import Image, UnidentifiedImageError

# %%
def answer_upload(content):
    """The bytes of an uploaded file -> (status, sentence): a whole number, and a string."""
    # solution
    if not content:
        return 422, "The file is empty; choose a PNG or JPEG page."
    try:
        picture = Image.open(io.BytesIO(content), formats=("PNG", "JPEG"))
    except UnidentifiedImageError:
        return 415, "This is no PNG or JPEG file; save the page as one of them."
    except Image.DecompressionBombError:
        picture = None
    if picture is None or picture.width * picture.height > 20e6:
        return 413, "The page is too large; shrink it below 20 megapixels."
    try:
        picture.load()
    except (OSError, SyntaxError):
        return 422, "The page is damaged or cut off; save it again."
    return 200, "Here is your page."
    # end solution

# %%
q6 = exercise("06.6")
q6.check(answer_upload)

# %% [markdown] tags=["solution"]
# `Image.open` reads the header only, and `load` decodes the rest.
# That is why half a page passes the first step, and why the size is known before the memory is filled.
# Where the header claims far too many pixels, `Image.open` itself refuses: uncaught, that would be a 500.

# %% [markdown]
# ## 7. Predict, then explain
#
# A threshold at 0.5 makes a *perfect* page black or white: each grey rim is decided.
# What does that do to the RMSE, and what to the binary cross-entropy?
# Choose for each: is it then still better than that of a damaged page which the lesson's best filter has cleaned, or worse?
#
# Double-click the next cell and write your prediction and your reason, before you run the one below.

# %% [markdown]
# **My prediction:** …
#
# **Because:** …

# %%
from course_utils import metrics
from drawn_worlds.documents import document

drawn = document(7)
three = {"perfect": drawn.clean, "perfect, thresholded": (drawn.clean > 0.5) * 1.0,
         "damaged, then filtered": cleaning.subtract_background(drawn.noisy)}
for name, page in three.items():
    scores = metrics.page_scores([drawn.clean], [page])
    print(f"{name:<22} RMSE {scores['rmse']:.3f}   BCE {scores['bce']:.3f}")

# %% [markdown]
# <details><summary>A model answer, to be opened after your own</summary>
#
# Both are worse: the perfect page, thresholded, loses to a damaged one that the filter has cleaned but left grey.
# Only the rims are wrong, each by at most a half, but a page of print has so many of them that this shows in the RMSE.
# The BCE of the perfect page isn't 0 but its floor, and the threshold multiplies it.
# A pixel of 0.4 that is predicted as 0 costs $-0.4 \ln 0$: without the small number that keeps the logarithm finite it would be infinite.
# Cross-entropy punishes certainty that is wrong, so a network that is trained with it learns to answer grey where it doesn't know.
#
# </details>

# %% [markdown]
# ## Five questions

# %%
from course_utils.teach.quiz import quiz

quiz("06")
