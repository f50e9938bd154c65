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
# A window and its negative get a number below 0: they vary together, but against each other.
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
# Once the pool is full, no fake is shown twice.
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
# The baseline answers everyone with the mean of the twelve sketches.

# %%
from course_utils.show import show_images
from course_utils.exercises.face_sketch import mean_sketch, pencil, portraits

given = portraits()
photo, photos, sketches = given["person 1"]
show_images([photo, mean_sketch(photo, photos, sketches), pencil(photo), photos[0], sketches[0]],
            ["to draw", "mean sketch", "pencil filter", "another", "and the sketch"],
            alt="A photograph, the mean sketch, a pencil filter, and another person with the sketch.")

# %%
def draw(photo, photos, sketches):
    """A photograph (64, 64, 3), others (n, 64, 64, 3) and their sketches (n, 64, 64), in [0, 1].

    -> a sketch of the first, floats (64, 64) in [0, 1].
    """
    # solution
    mean = mean_sketch(photo, photos, sketches)
    lines = pencil(photo, blur=4)
    return 0.3 * mean + 0.7 * lines
    # end solution

# %%
q5 = exercise("03.5")
q5.check(draw)

# %% tags=["solution"]
show_images([draw(*given[f"person {number}"]) for number in (1, 2, 3)],
            alt="Three drawn sketches: lines of the photographs over a soft mean sketch.")

# %% [markdown] tags=["solution"]
# Edges of the photograph are where the draughtsman's lines are; the mean sketch knows where hair is dark.
# A third of the one and two thirds of the other get 0.63; the mean sketch alone has 0.39.

# %% [markdown]
# What does a person see in a face that these filters don't?
# That is what is left for the networks.

# %% [markdown]
# ## Five questions

# %%
from course_utils.teach.quiz import quiz

quiz("03")
