# %% [markdown]
# # Exercises 08: steer a generator
#
# Five exercises, from a warm-up to the numbers that judge a generator, a prediction, and five questions.
# They belong to [lesson 08](../08_stylegan_encoder.ipynb) and take about 60 minutes.
#
# - Write your code where it says `...  # your code here`, and run the check below it.
# - The check tells you which mistake it sees; `q1.hint()` helps, and `q1.hint(2)` helps more.
# - Nothing is trained here: every cell runs in seconds.

# %%
import numpy as np

from course_utils import profile
from course_utils.exercises import exercise
from course_utils.models import stylegan as models
from course_utils.show import show_images

profile.set_seeds(0)
small = models.Architecture(latent=16, channels=(32, 32, 16, 16, 8), mapping=2)
mapping, synthesis = models.mapping(small), models.synthesis(small)


def painted(styles):
    """Styles (N, 10, 16) -> pictures (N, 64, 64, 3) of a small generator."""
    return np.clip(synthesis(np.asarray(styles, np.float32)).numpy() / 6 + 0.5, 0, 1)


w = mapping(np.random.default_rng(0).normal(size=(1000, 16)).astype(np.float32)).numpy()
print("Ready:", len(w), "styles of", w.shape[1], "numbers.")

# %% [markdown]
# The generator has never seen a face, so it paints coloured clouds.
# What you write works on clouds as it does on faces.

# %% [markdown]
# ## 1. Truncation
#
# Rare styles make odd pictures, since a generator saw few pictures like them.
# Truncation pulls every style $w$ towards the mean style $\bar w$, so that pictures get more usual, and more alike:
#
# $$w' = \bar w + \psi\, (w - \bar w)$$

# %%
def truncated(styles, mean, psi):
    """Styles (..., latent), the mean style (latent,) and ψ -> styles (..., latent)."""
    # solution
    return mean + psi * (styles - mean)
    # end solution

# %%
q1 = exercise("08.1")
q1.check(truncated)

# %% [markdown]
# ### Look at them
#
# Each row is one style, and ψ falls from left to right.

# %%
psis = (1.0, 0.7, 0.4, 0.0)
pulled = [truncated(w[:3], w.mean(axis=0), psi) for psi in psis]
if pulled[0] is not ...:
    styles = np.stack(pulled, axis=1).reshape(12, 1, 16)  # row after row
    show_images(painted(styles.repeat(10, axis=1)), [f"ψ = {psi}" for psi in psis], columns=4, height=1.3,
                alt="Three rows of coloured clouds, which differ on the left and are the same on the right.")

# %% [markdown]
# In the last column all rows should show the same picture, that of the mean style.

# %% [markdown] tags=["solution"]
# The mean is that of many $w$, not of many $z$: the mapping of $z = 0$ is another style.
# A ψ below 0 leads beyond the mean, to the opposite of a face, and one above 1 exaggerates.

# %% [markdown]
# ## 2. Demodulation
#
# A style $s$ scales the channels $i$ that come into a convolution, and so the size of everything that comes out.
# Without a remedy it would grow or shrink from layer to layer.
# StyleGAN2 divides the output $j$ by the norm of its filter, as the style has scaled it ($k$ are the places of the kernel):
#
# $$d_j = \frac{1}{\sqrt{\sum_{i,k} (s_i\, w_{ijk})^2 + \epsilon}}, \qquad \epsilon = 10^{-8}$$
#
# Each picture has its own style, so each gets its own $d$.

# %%
def demodulation(kernel, style):
    """A kernel (k, k, in, filters) and styles (N, in) -> d for each picture and filter, (N, filters)."""
    # solution
    scaled = kernel * style[:, None, None, :, None]  # (N, k, k, in, filters)
    return 1 / np.sqrt(np.sum(scaled**2, axis=(1, 2, 3)) + 1e-8)
    # end solution

# %%
q2 = exercise("08.2")
q2.check(demodulation)

# %% [markdown]
# ### Weak and strong styles
#
# White noise with a standard deviation of 1 goes in, and the second and third style are ten and a hundred times the first.

# %%
from keras import ops

rng = np.random.default_rng(0)
noise = rng.normal(size=(3, 32, 32, 16)).astype(np.float32)
kernel = rng.normal(size=(3, 3, 16, 8)).astype(np.float32)
style = np.outer((0.1, 1, 10), rng.uniform(0.5, 1.5, 16)).astype(np.float32)
d = demodulation(kernel, style)
if d is not ...:
    plain = ops.conv(noise * style[:, None, None], kernel, padding="same")
    for name, answer in {"without": plain, "with": plain * np.asarray(d)[:, None, None]}.items():
        print(f"{name:<8}demodulation:", *np.std(answer, axis=(1, 2, 3)).round(2))
    own = [ops.conv(one[None], kernel * s[:, None] * np.asarray(each), padding="same")[0]
           for one, s, each in zip(noise, style, d)]
    print(f"One kernel per picture differs by {np.abs(np.stack(own) - plain * d[:, None, None]).max():.1e}.")

# %% [markdown]
# With demodulation the three deviations should be about 1, however strong the style.
# The last line scales and demodulates the kernel of each picture, as the paper writes it: the same, and slower.

# %% [markdown] tags=["solution"]
# What is left of the style is the proportion of its channels, and that is what it should say.
# The library doesn't make a kernel for each picture: `style**2 @ np.sum(kernel**2, axis=(0, 1))` is the same sum in one product of matrices.

# %% [markdown]
# ## 3. Style mixing
#
# At 64×64 pixels there are ten styles: the first ones steer the coarse forms, and the last ones the fine colours.
# Take the styles of one picture before the place `change`, and those of another from there on.
# Places count from 0, and each picture of the batch has its own.

# %%
def mixed(one, other, change):
    """Styles (N, styles, latent) of two batches, and places (N,) -> styles (N, styles, latent)."""
    # solution
    first = np.arange(one.shape[1]) < change[:, None]  # (N, styles)
    return np.where(first[..., None], one, other)
    # end solution

# %%
q3 = exercise("08.3")
q3.check(mixed)

# %% [markdown]
# ### Look at them
#
# Each row mixes two pictures: all styles of the one stand on the left, and all of the other on the right.

# %%
places = (10, 8, 6, 4, 2, 0)
one, other = (np.tile(w[start : start + 2, None], (6, 10, 1)) for start in (0, 2))
styles = mixed(one, other, np.repeat(places, 2))
if styles is not ...:
    clouds = painted(styles).reshape(6, 2, 64, 64, 3).swapaxes(0, 1).reshape(12, 64, 64, 3)
    show_images(clouds, [f"change at {place}" for place in places], columns=6, height=1.5,
                alt="Two rows of coloured clouds: on the left the first picture, on the right the second one.")

# %% [markdown]
# The left column should show the one picture and the right column the other.
# Fine styles change first and coarse ones last; an untrained generator may take a detour in between.

# %% [markdown] tags=["solution"]
# While StyleGAN trains, part of its pictures are mixed like this, so that no style relies on its neighbours.
# pSp uses the same to find many answers for one sketch: its coarse styles stay, and the fine ones are drawn at random.

# %% [markdown]
# ## 4. Why faces turn to the front
#
# An encoder shall answer a turned head with the same person seen from the front, and nobody has such pairs.
# pSp trains it on pairs of one photograph with itself, which are mirrored at random:
#
# - In the task `"frontal"` the source is mirrored if `coins[0]` is true, and the target if `coins[1]` is.
# - In every other task, such as `"sketch"`, both are mirrored if `coins[0]` is true.

# %%
def mirrored(task, source, target, coins):
    """Two pictures (h, w, channels) and two coins -> source and target, each as it is or mirrored."""
    # solution
    here, there = coins if task == "frontal" else (coins[0], coins[0])
    return (source[:, ::-1] if here else source), (target[:, ::-1] if there else target)
    # end solution

# %%
q4 = exercise("08.4")
q4.check(mirrored)

# %% [markdown]
# ### The best answer
#
# A network sees this source often, with several targets, and can't tell which of them is meant.
# The answer with the smallest squared error is their mean.

# %%
from course_utils.data import psp as data

person = data.Person(9_000_000, yaw=45.0, pitch=0.0, roll=0.0).picture
coins = np.random.default_rng(0).integers(2, size=(400, 2)).astype(bool)
best = {}
for task in ("inversion", "frontal"):
    pairs = [mirrored(task, person, person, each) for each in coins]
    if pairs[0] is not ...:
        targets = [target for source, target in pairs if np.array_equal(source, person)]
        best[f"best answer, {task}"] = np.mean(targets, axis=0)
if best:
    show_images([person, *best.values()], ["the source", *best],
                alt="A head that looks to the right, the same once more, and its mean with its mirror image.")

# %% [markdown]
# For inversion the best answer should be the source itself, and for the task `"frontal"` a ghost that is its own mirror image.
# A generator can't paint ghosts, only faces, and the face nearest to a symmetric answer looks straight ahead.

# %% [markdown] tags=["solution"]
# Pixels alone would still favour a blurred face, so in the paper the L2 loss of this task counts a hundredth of what it does elsewhere.
# The identity loss counts most: it compares persons, and hardly minds which way they look.

# %% [markdown]
# ## 5. Precision and recall
#
# A generator may paint well and still paint few kinds of faces; two numbers tell both apart.
# Every picture is a vector of features, and reaches as far as its $k$-th nearest neighbour **in its own set**, itself not counted.
#
# - Precision is the share of fakes that lie within reach of at least one real picture.
# - Recall is the share of real pictures that lie within reach of at least one fake.
#
# As far as the neighbour is still within reach.

# %%
def precision_recall(real, fake, neighbours):
    """Features (N, D) and (M, D), and k -> precision and recall."""
    # solution
    def share_reached(points, centres):
        reach = np.sort(distances(centres, centres), axis=1)[:, neighbours]  # place 0 is itself
        return np.mean(np.any(distances(points, centres) <= reach, axis=1))

    def distances(some, others):
        return np.linalg.norm(some[:, None] - others, axis=-1)

    return share_reached(fake, real), share_reached(real, fake)
    # end solution

# %%
q5 = exercise("08.5")
q5.check(precision_recall)

# %% [markdown]
# ### Three generators
#
# The real pictures are eight heaps on a ring, in features of two numbers, and three generators try to paint them.

# %%
import matplotlib.pyplot as plt

from course_utils.show import show_figure


def ring(rng, kinds, spread):
    """200 places on the heaps of some kinds, of eight."""
    angle = 2 * np.pi * rng.choice(kinds, 200) / 8
    return np.stack([np.cos(angle), np.sin(angle)], axis=1) + rng.normal(0, spread, (200, 2))


rng = np.random.default_rng(0)
real = ring(rng, range(8), 0.08)
fakes = {"good": ring(rng, range(8), 0.08), "two kinds": ring(rng, (0, 1), 0.08), "spread": ring(rng, range(8), 0.4)}
scores = {name: precision_recall(real, fake, 3) for name, fake in fakes.items()}
if scores["good"] is not ...:
    figure, axes = plt.subplots(1, 3, figsize=(9, 3.3), sharex=True, sharey=True)
    for axis, (name, fake) in zip(axes, fakes.items()):
        axis.scatter(*real.T, 14, color="lightgrey"), axis.scatter(*fake.T, 5, color="tab:red")
        axis.set_title("{}\nprecision {:.2f}, recall {:.2f}".format(name, *scores[name]))
    show_figure(figure, alt="Grey heaps on a ring, and red dots on all of them, on two, and everywhere around.")

# %% [markdown]
# The generator of two kinds should have a high precision and a low recall, and the one that spreads the other way round.

# %% [markdown] tags=["solution"]
# A picture that is its own neighbour makes every reach too short, and nobody notices, since both numbers merely get worse.
# Both depend on how many pictures there are, so two generators are compared with equally many.

# %% [markdown]
# ## Predict, then explain
#
# A perfect generator paints from the very distribution of the real pictures: here all features are normally distributed.
# It is judged by 1,000 real pictures and as many fakes.
# What are its precision and its recall, and where do they go when truncation pulls ψ from 1 down to 0.1?
# Write your prediction into the next cell (a double click opens it), run the cell below it, and write why it came out so.

# %% [markdown]
# *My prediction:*
#
# *My explanation:*

# %%
from course_utils import metrics
from course_utils.show import show_lines

real, fake = np.random.default_rng(0).normal(size=(2, 1000, 8))
psis = np.arange(10, 0, -1) / 10
told = [metrics.precision_recall(real, models.truncated(fake, real.mean(axis=0), psi)) for psi in psis]
lines = {name: [each[name] for each in told] for name in ("precision", "recall")}
for place in (0, 4, 9):
    print(f"ψ = {psis[place]:.1f}:", *(f"{name} {values[place]:.2f}" for name, values in lines.items()))
show_lines(psis, lines, ("ψ", "share"),
           alt="Two curves over ψ: precision rises to 1 as ψ falls, and recall falls to 0.")

# %% [markdown]
# <details><summary>A model answer</summary>
#
# Neither is 1, although nothing about the generator is wrong: rare pictures have no neighbour near them in either set.
# As ψ falls, precision rises, since the fakes move to where real pictures are dense.
# Recall falls, since no fake is left near the rare real pictures.
# Truncation doesn't make a generator better: it exchanges the one for the other.
# So a precision means little without its recall, and without the ψ that it was measured with.
#
# </details>

# %% [markdown]
# ## Five questions

# %%
from course_utils.teach.quiz import quiz

quiz("08")
