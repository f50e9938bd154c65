# %% [markdown]
# # Exercises 00: pictures are numbers
#
# Four exercises, from a warm-up to an open one, and five questions.
# They belong to [lesson 00](../00_start_here.ipynb) and take about 30 minutes.
#
# - Write your code where it says `...  # your code here`, and run the check below it.
# - The check tells you which mistake it sees; `q1.hint()` helps, and `q1.hint(2)` helps more.
# - `python -m course_utils start 00` gives you a copy of your own in `work/exercises/`.

# %%
import numpy as np

from course_utils.exercises import exercise

print("Ready.")

# %% [markdown]
# ## 1. From OpenCV to the course
#
# `cv2.imread` gives uint8 numbers from 0 to 255, with **blue** first.
# The course wants float32 from 0 to 1, with **red** first.
# Turn the one into the other.

# %%
def from_opencv(picture):
    """uint8 (H, W, 3), blue first -> float32 (H, W, 3) in [0, 1], red first."""
    # solution
    return (picture[..., ::-1] / 255).astype(np.float32)
    # end solution

# %%
q1 = exercise("00.1")
q1.check(from_opencv)

# %% [markdown] tags=["solution"]
# The range comes from the type: 255 is white in every uint8 picture, also in a dark one.

# %% [markdown]
# ## 2. Brighter, and no brighter than white
#
# Add `amount` to every value of a uint8 picture.
# What would go beyond 255 stays at 255, and the result is uint8 again.

# %%
def brighter(picture, amount):
    """uint8 (H, W, 3) and a number from 0 to 255 -> uint8 (H, W, 3)."""
    # solution
    total = picture.astype(int) + amount
    return np.clip(total, 0, 255).astype(np.uint8)
    # end solution

# %%
q2 = exercise("00.2")
q2.check(brighter)

# %% [markdown] tags=["solution"]
# The order matters: widen, add, clip, narrow.
# Clipping after going back to uint8 comes too late, since the overflow has happened by then.

# %% [markdown]
# ## 3. PSNR by hand
#
# $$\mathrm{PSNR} = 10 \log_{10} \frac{1}{\mathrm{MSE}}$$
#
# MSE is the mean of the squared differences, over all pixels and channels.

# %%
def psnr(truth, picture):
    """Two float pictures in [0, 1] of one shape -> decibels, one number."""
    # solution
    mse = np.mean((truth - picture) ** 2)
    return 10 * np.log10(1 / mse)
    # end solution

# %%
q3 = exercise("00.3")
q3.check(psnr)

# %% [markdown] tags=["solution"]
# The 1 is the square of the largest value; in uint8 it would be 255².

# %% [markdown]
# ## 4. Beat the median filter
#
# The open one: clean three noisy photographs better than a 5×5 median filter does.
# The score is the mean PSNR, and the goal is half a decibel above the median filter.
# You may use anything that is installed, as long as it takes seconds.

# %%
from course_utils.show import show_images
from course_utils.exercises.start import noisy_photographs

photographs = [picture for picture, in noisy_photographs().values()]

def show_answers(noisy, cleaned):
    show_images([*noisy, *(np.clip(picture, 0, 1) for picture in cleaned)], list(noisy_photographs()),
                columns=3, alt="A portrait, a cat and coffee under noise; below them your answers.")

show_answers(photographs, [])

# %% tags=["solution"]
from skimage.restoration import denoise_tv_chambolle

# %%
def denoise(noisy):
    """float32 (H, W, 3) in [0, 1] -> the same shape and range, with less noise."""
    # solution
    return np.clip(denoise_tv_chambolle(noisy, weight=0.15, channel_axis=-1), 0, 1)
    # end solution

# %%
q4 = exercise("00.4")
q4.check(denoise)
show_answers(photographs, q4.answers(denoise))

# %% [markdown] tags=["solution"]
# Total variation looks for the picture with the shortest edges that stays close to the noisy one.
# So flat places become smooth and edges stay, while a Gaussian blurs both.

# %% [markdown]
# Look at your result below the noisy picture, too: does the number agree with your eye?

# %% [markdown]
# ## Predict, then explain
#
# In the lesson, noise of σ = 0.2 was cleaned by a 5×5 median filter; here the portrait is smaller, so that its details are finer, and the decibels differ from the lesson's.
# What does the same filter do to PSNR if the noise has σ = 0.02 only: better than doing nothing, or worse?
# Write your prediction into the next cell (a double click opens it), run the cell below it, and write why it came out so.

# %% [markdown]
# *My prediction:*
#
# *My explanation:*

# %%
from course_utils.exercises.start import median_against_nothing

for sigma in (0.2, 0.02):
    nothing, median = median_against_nothing(sigma)
    print(f"σ = {sigma:<5} do nothing {nothing:.1f} dB   median {median:.1f} dB")

# %% [markdown]
# <details><summary>A model answer</summary>
#
# With little noise the filter makes it worse.
# It costs detail whatever the noise is: hair, stars and seams change by more than the noise did.
# With strong noise that cost is small beside what it repairs; with weak noise the cost is all that is left.
# So a baseline holds for one kind of damage only, and "do nothing" belongs beside every filter.
#
# </details>

# %% [markdown]
# ## Five questions

# %%
from course_utils.teach.quiz import quiz

quiz("00")
