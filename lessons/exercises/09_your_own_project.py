# %% [markdown]
# # Exercises 9: a project of your own
#
# Five exercises, from a warm-up to an open one, a prediction, and five questions.
# They belong to [lesson 09](../09_your_own_project.ipynb) and take about 60 minutes; without number 5 they take 45.
#
# - Write your code where it says `...  # your code here`, and run the check below it.
# - The check tells you which mistake it sees; `q1.hint()` helps, and `q1.hint(2)` helps more.
# - Nothing is trained here: every cell runs in seconds.

# %%
import numpy as np

from course_utils import profile
from course_utils.data import splits
from course_utils.data.project import dark_channel, haze
from course_utils.exercises import exercise
from course_utils.show import show_images
from drawn_worlds import landscapes

profile.set_seeds(0)
view = landscapes.landscape(5, 96).photo
t, air = haze(view.shape[:2], np.random.default_rng(3))
show_images([view, t], ["a view, J", "the light that comes through, t"], alt="A landscape; a grey picture, dark at the top.", height=4)

# %% [markdown]
# The haze is thickest where $t$ is dark.

# %% [markdown]
# ## 1. Put haze on
#
# A picture $J$ (H, W, 3) is weakened by the light $t$ (H, W) that comes through, and the air adds its colour $A$ (3,):
#
# $$I = t\,J + (1 - t)\,A$$

# %%
def veiled(picture, t, air):
    """(H, W, 3), (H, W) and (3,), all in [0, 1] -> the picture in haze, (H, W, 3)."""
    # solution
    t = t[..., None]  # (H, W, 1)
    return np.float32(t * picture + (1 - t) * air)
    # end solution

# %%
q1 = exercise("09.1")
q1.check(veiled)

# %% [markdown]
# ### Look at it

# %%
hazy = veiled(view, t, air)
if hazy is not ...:
    show_images([view, hazy], ["J", "I, in haze"], alt="A landscape, and the same in haze.", height=4)

# %% [markdown]
# What is far away should nearly have the colour of the air, and what is near hardly have changed.

# %% [markdown] tags=["solution"]
# Without `[..., None]` NumPy would lay the columns of $t$ along the three channels, and stop with an error; for a picture three pixels wide it would not.

# %% [markdown]
# ## 2. Take it off again
#
# Solve the equation for $J$.
# Where $t$ is nearly 0, hardly anything of the picture is left, and dividing by it would turn rounding into glaring pixels: let $t$ be at least `least`.

# %%
def unveiled(picture, t, air, least):
    """A picture in haze (H, W, 3), its t (H, W) and air (3,), and the least t -> the clear picture."""
    # solution
    t = np.maximum(t, least)[..., None]
    return np.float32((picture - air) / t + air)
    # end solution

# %%
q2 = exercise("09.2")
q2.check(unveiled)

# %% [markdown]
# ### What rounding does
#
# A file has 256 levels per channel; this haze lets only a fiftieth of the light through at the top.

# %%
thick = np.float32(np.linspace(0.02, 1, 96))[:, None] * np.ones((96, 96), np.float32)
cleared = hazy is not ... and [unveiled(np.round(255 * veiled(view, thick, air)) / 255, thick, air, least) for least in (0.001, 0.1)]
if hazy is not ... and cleared[0] is not ...:
    shown = [veiled(view, thick, air), *(np.clip(each, 0, 1) for each in cleared)]
    show_images(shown, ["thick haze", "least 0.001", "least 0.1"], alt="A view in thick haze; cleared with coarse colours at the top; cleared less there.", height=3)

# %% [markdown]
# In the middle the top should be coarse, and on the right it should still be pale.

# %% [markdown] tags=["solution"]
# Division by $t$ multiplies errors by $1/t$: haze doesn't hide details, it pushes them below the steps of a file.

# %% [markdown]
# ## 3. Which pictures test?
#
# A friend's album has names such as `anna_03.jpg`, `van_dyk_1.png`: the person stands before the last underscore.
# All pictures of a person test, or none does, whatever else is in the folder: a person tests if `splits.fold(person)` is 0 (of 5).

# %%
def tests_by_name(names):
    """File names (N,) -> which of them test, bool (N,)."""
    # solution
    return np.array([splits.fold(name.rpartition("_")[0]) == 0 for name in names])
    # end solution

# %%
q3 = exercise("09.3")
q3.check(tests_by_name)

# %% [markdown] tags=["solution"]
# The answer depends on the person's name alone: pictures that come later change nothing, and neither does their order.
# A shuffle with a fixed seed looks as safe, and gives everyone another side as soon as one file more is in the folder.

# %% [markdown]
# ## 4. The margin
#
# A network was trained with several seeds, and must beat the best of the baselines each time.
# The **margin** that later runs must keep is half of the worst gain, and 0 if a seed didn't win.
# With `lower` less is better, as for an error.

# %%
def margin(ours, rivals, lower=False):
    """What the seeds reached (S,) and what the baselines reach (B,) -> one number."""
    # solution
    sign = -1 if lower else 1
    gains = sign * ours - np.max(sign * rivals)
    return max(0.0, float(gains.min()) / 2)
    # end solution

# %%
q4 = exercise("09.4")
q4.check(margin)

# %% [markdown] tags=["solution"]
# The mean would be a promise that every second run breaks.
# Half of the worst is a guess, too: five seeds know little about the sixth.

# %% [markdown]
# ## 5. Out of the haze, without a network
#
# The open one: clear six views as well as you can, without knowing their haze.
# The baseline believes that seven tenths of the light come through everywhere, and that the air is light grey.
# Your score is the mean PSNR; `unveiled` from above may help.

# %%
from scipy.ndimage import minimum_filter

def out_of_the_haze(picture):
    """A hazy picture (H, W, 3) in [0, 1] -> a clear one."""
    # solution
    dark = minimum_filter(picture.min(axis=-1), 7)  # the darkest of a window
    air = picture[dark >= np.percentile(dark, 99)].mean(axis=0)
    light = 1 - 0.8 * minimum_filter((picture / air).min(axis=-1), 7)
    return unveiled(picture, light, air, 0.1)
    # end solution

# %%
q5 = exercise("09.5")
q5.check(out_of_the_haze)

# %% [markdown] tags=["solution"]
# That is the dark channel prior; 0.8 was chosen on other views.
# It fails where something light is near, such as snow or a white wall: no place of it is dark, so it is taken for haze.

# %% [markdown]
# ## Predict, then explain
#
# The dark channel clears a view that has no haze at all.
# What happens to it, and where most?
# Write your prediction into the next cell (a double click opens it), run the cell below it, and write why it came out so.

# %% [markdown]
# *My prediction:*
#
# *My explanation:*

# %%
from course_utils import metrics

clear = [landscapes.landscape(seed, 96).photo for seed in (5, 11)]
treated = [dark_channel(each) for each in clear]
for before, after in zip(clear, treated):
    print(f"PSNR {metrics.psnr(before, after):.1f} dB, mean {before.mean():.2f} before and {after.mean():.2f} after")
show_images([clear[0], treated[0], clear[1], treated[1]], ["clear", "treated"], columns=2, height=3,
            alt="Two clear views, and both after the dark channel: darker, above all in the sky.")

# %% [markdown]
# Compare the sky before and after.

# %% [markdown]
# <details><summary>A model answer</summary>
#
# The method takes what is light in the darkest channel of a window for haze.
# A clear sky has no dark pixel, so it counts as haze, and loses light; a meadow has dark green everywhere, and hardly changes.
# A method that always does something can't tell you that there was nothing to do.
# So a model card should say what happens to an input that needs no help.
#
# </details>

# %% [markdown]
# ## Five questions

# %%
from course_utils.teach.quiz import quiz

quiz("09")
