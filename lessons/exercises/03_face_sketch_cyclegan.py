# %% [markdown]
# # Exercises 03: faces and sketches
#
# Five exercises, from a formula to an open one, and five questions.
# They belong to [lesson 03](../03_face_sketch_cyclegan.ipynb) and take about 60 minutes.
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
# ## 1. SSIM of one window
#
# Two windows $x$ and $y$ of two pictures, greys in [0, 1], all of which weigh the same.
# With their means $\mu$, variances $\sigma^2$ and covariance $\sigma_{xy}$, each a mean over the $n$ pixels:
#
# $$\mathrm{SSIM} = \frac{(2\mu_x\mu_y + c_1)(2\sigma_{xy} + c_2)}{(\mu_x^2 + \mu_y^2 + c_1)(\sigma_x^2 + \sigma_y^2 + c_2)}$$
#
# The constants are $c_1 = (0.01 L)^2$ and $c_2 = (0.03 L)^2$, where $L$ is the range of the values: here 1.

# %%
def ssim_window(x, y):
    """Two windows (n,) of greys in [0, 1] -> one number, 1 at best."""
    # solution
    c1, c2 = 0.01**2, 0.03**2
    covariance = np.mean((x - x.mean()) * (y - y.mean()))
    likeness = (2 * x.mean() * y.mean() + c1) * (2 * covariance + c2)
    return likeness / ((x.mean()**2 + y.mean()**2 + c1) * (x.var() + y.var() + c2))
    # end solution

# %%
q1 = exercise("03.1")
q1.check(ssim_window)

# %% [markdown] tags=["solution"]
# A window and its negative get a number below 0: where one gets lighter, the other gets darker.
# Three misprints of the formula are among the mistakes that the check knows: they stood on slides.

# %% [markdown]
# ## 2. There and back again
#
# $A$ and $B$ are batches of pictures, `a_again` and `b_again` what came back of them.
#
# $$L_{\mathrm{cyc}} = \lambda \left( \overline{|A' - A|} + \overline{|B' - B|} \right)$$
#
# The bars are means over all pixels of one batch; the two batches may differ in size.

# %%
def cycle_loss(a, b, a_again, b_again, weight):
    """Four batches, two of a shape, and λ -> one number, 0 at best."""
    # solution
    first = np.mean(np.abs(a_again - a))
    second = np.mean(np.abs(b_again - b))
    return weight * (first + second)
    # end solution

# %%
q2 = exercise("03.2")
q2.check(cycle_loss)

# %% [markdown] tags=["solution"]
# Both ways count, and both translators take part in each of them.
# A well-known example takes each translator's gradient from one of the two ways only.

# %% [markdown]
# ## 3. The pool
#
# A discriminator should not forget the fakes of a while ago.
# So a pool keeps `size` of them; fakes are numbers here, and come one by one:
#
# - While the pool fills, the new fake is shown, and stays in it.
# - From then on, where `swap[i]` is true, the old fake at `place[i]` is shown, and the new one takes its place.
# - Where `swap[i]` is false, the new fake is shown, and isn't kept.

# %%
def shown_by_pool(fakes, size, swap, place):
    """Numbers (n,), the pool's size, coins (n,) bool, places (n,) -> the numbers shown, (n,)."""
    # solution
    pool, shown = [], []
    for fake, old, at in zip(fakes, swap, place):
        if len(pool) < size:
            pool.append(fake)
        elif old:
            fake, pool[at] = pool[at], fake
        shown.append(fake)
    return np.array(shown)
    # end solution

# %%
q3 = exercise("03.3")
q3.check(shown_by_pool)

# %% [markdown] tags=["solution"]
# A fake that comes when the pool is full is shown once at most, at once or later; one that filled it may be shown twice, when it comes and when it leaves.
# CycleGAN keeps 50, and the course's pool does this inside the graph, so that a stopped training finds it again.

# %% [markdown]
# ## 4. People first
#
# 188 people were photographed, and each picture was mirrored and turned: 1,504 pictures.
# Which of them may test, so that nobody who tests has trained?

# %%
def tests_by_person(persons, count):
    """Who is on each picture, whole numbers (n,) -> True where it tests, (n,) bool.

    The last `count` people, in sorted order, test, with all of their pictures.
    """
    # solution
    people = np.unique(persons)
    return np.isin(persons, people[-count:])
    # end solution

# %%
q4 = exercise("03.4")
q4.check(tests_by_person)

# %% [markdown] tags=["solution"]
# `np.unique` sorts, and counts each person once.
# The lesson measures what the other way would have been worth.

# %% [markdown]
# ## 5. Draw without a network
#
# The open one: a photograph, twelve others with their sketches, and no network.
# Your score is the mean **SSIM** with the true sketches of six people.
# The baseline is the lesson's pencil filter, which looks at none of the twelve.
# Here it draws other people than in the lesson, on 64×64 pixels, so its SSIM is another one, too.

# %%
from course_utils.data.face_sketch import pencil
from course_utils.exercises.face_sketch import portraits
from course_utils.show import show_images

given = portraits()
photo, photos, sketches = given["person 1"]
show_images([photo, pencil(photo), photos[0], sketches[0]],
            ["to draw", "pencil filter", "another", "and the sketch"],
            alt="A photograph, what the pencil filter makes of it, another person, and the sketch of that one.")

# %%
def draw(photo, photos, sketches):
    """A photograph (64, 64, 3), others (n, 64, 64, 3) and their sketches (n, 64, 64), in [0, 1].

    -> a sketch of the first, floats (64, 64) in [0, 1].
    """
    # solution
    def around(pictures, reach=2):  # (n, 64, 64, 3) -> of each pixel what is around it
        layers = [pictures @ (0.2125, 0.7154, 0.0721), pencil(pictures)[..., 0]]
        edges = [(0, 0), (reach, reach), (reach, reach)]
        window = (2 * reach + 1,) * 2
        padded = [np.pad(layer, edges, "edge") for layer in layers]
        seen = [np.lib.stride_tricks.sliding_window_view(p, window, (1, 2)) for p in padded]
        flat = [each.reshape(-1, each[0, 0, 0].size) for each in seen]
        return np.concatenate([*flat, np.ones((len(flat[0]), 1))], axis=1)

    kernel = np.linalg.lstsq(around(photos), sketches.ravel(), rcond=None)[0]
    learned = (around(photo[None]) @ kernel).reshape(64, 64)
    return np.clip((learned + pencil(photo)[..., 0]) / 2, 0, 1)
    # end solution

# %%
q5 = exercise("03.5")
q5.check(draw)

# %% [markdown]
# ### Look at them
#
# A score is no picture: beside the sketches of the first three people stand yours.

# %%
drawn = q5.answers(draw)[:3]
if drawn:
    people = [given[f"person {number}"][0] for number in (1, 2, 3)]
    show_images([*people, *drawn], ["person 1", "person 2", "person 3"], columns=3, rows=["photograph", "yours"],
                alt="Three photographs, and below them what you drew.")

# %% [markdown] tags=["solution"]
# One convolution of 5×5 pixels, fitted to the twelve pairs by least squares, and the filter: half of each.
# The convolution knows how dark an artist draws; what it isn't sure of it paints grey, as every mean does, and the filter brings the edges back.

# %% [markdown]
# ## Predict, then explain
#
# Below is a sketch, the same sketch moved by two pixels, and the same sketch blurred until no stroke is left.
# Suppose a network had drawn the second or the third: which answer has the higher SSIM with the first, and which would an artist sign?
# Write your prediction into the next cell (a double click opens it), run the cell below it, and write why it came out so.

# %% [markdown]
# *My prediction:*
#
# *My explanation:*

# %%
from scipy import ndimage
from course_utils import metrics

one = sketches[0][..., None]
answers = {"moved": ndimage.shift(one, (2, 2, 0), order=0, mode="nearest"),
           "blurred": ndimage.gaussian_filter(one, (2, 2, 0))}
for name, answer in answers.items():
    print(f"{name:<8} SSIM {metrics.ssim(one, answer):.3f}")
show_images([one, *answers.values()], ["a sketch", *answers],
            alt="A sketch, the same moved by two pixels, and the same without a stroke.")

# %% [markdown]
# <details><summary>A model answer</summary>
#
# The blurred one has the higher SSIM.
# In the moved one there are strokes where paper was, and paper where strokes were: the windows hardly vary together any more, and each varies as much as before, so SSIM's quotient is small.
# Blur keeps the coarse light and dark, which vary together with the sketch's, and takes the rest away.
# An artist would sign the moved one, which has every stroke.
# So a network that is trained for SSIM or L1 alone draws fog, and who compares networks by SSIM alone prefers fog.
#
# </details>

# %% [markdown]
# ## Five questions

# %%
from course_utils.teach.quiz import quiz

quiz("03")
