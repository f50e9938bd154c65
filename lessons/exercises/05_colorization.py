# %% [markdown]
# # Exercises 05: colour it
#
# Five exercises, from a warm-up to an open one, and five questions.
# They belong to [lesson 05](../05_colorization.ipynb) and take about 60 minutes.
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
# ## 1. Back to L\*a\*b\*
#
# Networks like numbers between -1 and 1, so the course scales a picture in Lab before a network sees it:
#
# $$L = \frac{L^*}{50} - 1, \quad a = \frac{a^*}{110}, \quad b = \frac{b^*}{110}$$
#
# Here is what a network answers, scaled in this way.
# Turn it back into $L^*$ from 0 to 100 and $a^*$, $b^*$ from -110 to 110.

# %%
def unscaled(values):
    """L, a and b as a network gives them, (..., 3) -> L*, a* and b*, (..., 3)."""
    # solution
    lightness = (values[..., :1] + 1) * 50
    return np.concatenate([lightness, values[..., 1:] * 110], axis=-1)
    # end solution

# %%
q1 = exercise("05.1")
q1.check(unscaled)

# %% [markdown] tags=["solution"]
# Training and use must divide and multiply by the same number.
# Programs for colouring take 110, 127 or 128, and where two of them are mixed, all colours come out too strong or too weak, without any error message.

# %% [markdown]
# ## 2. The best single colour
#
# A grey balloon may be red, blue or yellow, and a network has to give one answer.
# Of all balloons that look like this one, a share $p_i$ has the colour $(a_i, b_i)$.
# Which answer $(a, b)$ has the smallest mean absolute error?
#
# $$\sum_i p_i \left( |a - a_i| + |b - b_i| \right)$$
#
# The answer need not be one of the colours, and no search over a grid is needed.
# If you have done the first exercise of lesson 02, you know the case of one channel in which all values count the same.

# %%
def best_colour(colours, shares):
    """a and b of n colours (n, 2), and their shares (n,) of sum 1 -> the best a and b, (2,)."""
    # solution
    answer = []
    for values in colours.T:  # a, then b
        order = np.argsort(values)
        reached = np.cumsum(shares[order])
        answer.append(values[order][np.argmax(reached >= 0.5)])
    return np.array(answer)
    # end solution

# %%
q2 = exercise("05.2")
q2.check(best_colour)

# %% [markdown] tags=["solution"]
# Each channel has a median of its own, so the answer may be a colour that no balloon has.
# Where $a$ and $b$ are spread around 0, both medians are near 0, which is grey.
# A network that is trained with L1 learns this answer, and one that is trained with L2 learns the mean.

# %% [markdown]
# ## 3. Rare colours count more
#
# Most pixels are nearly grey, so a network that names classes of colours is right most of the time if it names grey ones.
# Zhang, Isola and Efros (2016, eq. 4) let the class $q$ count by its share $p_q$ of all pixels.
# $Q$ is the number of classes, and $\lambda$ says how much of an equal share is mixed in:
#
# $$w_q \propto \frac{1}{(1 - \lambda)\, p_q + \lambda / Q}, \qquad \sum_q p_q w_q = 1$$
#
# The sign $\propto$ leaves a factor open, and the sum on the right settles it.

# %%
def rebalanced(shares, mix):
    """Shares (Q,) of sum 1, and λ from 0 to 1 -> weights (Q,)."""
    # solution
    weights = 1 / ((1 - mix) * shares + mix / len(shares))
    return weights / np.sum(shares * weights)
    # end solution

# %%
q3 = exercise("05.3")
q3.check(rebalanced)

# %% [markdown] tags=["solution"]
# With $\lambda = 1$ all weights are 1, and with $\lambda = 0$ they are $1 / p$ up to a factor, which is infinite for a class that was never seen.
# The paper takes $\lambda = \tfrac{1}{2}$.
# Since $\sum p\,w = 1$, the loss is about as large as without weights, and the learning rate may stay.

# %% [markdown]
# ## 4. From classes to a colour
#
# For each pixel a network gives one logit per bin, and each bin stands for a colour $(a_q, b_q)$.
# The mean of the bins is greyish, and the likeliest bin jumps from pixel to pixel.
# The **annealed mean** lies between them (eq. 5 of the same paper):
#
# $$(a, b) = \sum_q f_q\, (a_q, b_q), \qquad f = \mathrm{softmax}(\mathrm{logits} / T)$$
#
# The last axis is that of the bins, and `bins()` has their colours, $(Q, 2)$.
# Some logits are so large that `np.exp` of them is infinite.

# %%
from course_utils.models.colorization import bins

print(f"{len(bins())} bins; the first three:", *bins()[:3].tolist())


def annealed_mean(logits, temperature):
    """Logits (..., Q) of any number of pixels, and T -> a and b, (..., 2)."""
    # solution
    scaled = logits / temperature
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    shares = powers / powers.sum(axis=-1, keepdims=True)
    return shares @ bins()
    # end solution

# %%
q4 = exercise("05.4")
q4.check(annealed_mean)

# %% [markdown] tags=["solution"]
# A softmax doesn't change if the same number is taken away from all logits of a pixel, so the largest may be.
# The paper found that $T = 0.38$ keeps the colours vivid and the picture calm.

# %% [markdown]
# ## 5. Colour without a network
#
# The open one: a grey landscape, 36 others in colour, and no network.
# Your score is the **share of grey's error that is gone**, over twelve landscapes:
#
# - The error is the mean absolute difference of the RGB values from the true picture.
# - The score is 0 for the grey picture as it is, and 1 for the true one.
#
# The baseline is the lesson's table: for each lightness the mean colour of all pixels that have it.

# %%
from course_utils import images
from course_utils.data.colorization import mean_colour
from course_utils.exercises.colorization import scenes
from course_utils.show import show_images

given = scenes()
grey, pictures = given["scene 1"]
show_images([grey, mean_colour(pictures, grey[None])[0], *pictures[:3]],
            ["to colour", "by the table", *["another"] * 3],
            alt="A grey landscape, the same in the colours of the table, and three other landscapes in colour.")

# %% [markdown]
# `images.rgb_to_lab` and `images.lab_to_rgb` turn pictures into Lab and back.
# Channel 0 is the lightness, which you may keep as it is.

# %%
def colour(grey, pictures):
    """A grey landscape (64, 64, 3) and others in colour (n, 64, 64, 3), in [0, 1].

    -> the first in colour, floats (64, 64, 3) in [0, 1].
    """
    # solution
    def squares(lab):  # (n, 64, 64, 3) -> of 16 × 16 squares each what is seen, and a and b
        small = lab.reshape(-1, 16, 4, 16, 4, 3).mean((2, 4))
        bands = small[..., 0].reshape(-1, 1, 1, 8, 32).mean(-1) / 2  # the picture as a whole
        place = np.indices((16, 16)).transpose(1, 2, 0) * (2.5, 0.6)
        seen = [np.broadcast_to(part, (*small.shape[:3], part.shape[-1]))
                for part in (small[..., :1], place, bands)]
        return np.concatenate(seen, axis=-1).reshape(-1, 11), small[..., 1:].reshape(-1, 2)

    lab = images.rgb_to_lab(grey)
    (asked, _), (known, ab) = squares(lab[None]), squares(images.rgb_to_lab(pictures))
    far = (asked**2).sum(1)[:, None] + (known**2).sum(1) - 2 * asked @ known.T
    votes = np.exp((far.min(axis=1, keepdims=True) - far) / 18)
    mean = votes @ ab / votes.sum(axis=1, keepdims=True)
    lab[..., 1:] = images.resize(mean.reshape(16, 16, 2), (64, 64))
    return images.lab_to_rgb(lab)
    # end solution

# %%
q5 = exercise("05.5")
q5.check(colour)

# %% [markdown]
# ### Look at them
#
# A score is no picture: below the first four grey landscapes stand yours.

# %%
coloured = q5.answers(colour)[:4]
if coloured:
    first = [f"scene {number}" for number in (1, 2, 3, 4)]
    show_images([*(given[name][0] for name in first), *coloured], first, columns=4, rows=["given", "yours"],
                alt="Four grey landscapes, and below them the same as you coloured them.")

# %% [markdown] tags=["solution"]
# The picture is cut into squares, since colour may be coarser than lightness.
# Every square of the 36 votes for its own colour, and its vote falls with the distance between its lightness, its place and its whole picture and those of the square that is asked for.
# The bands of the whole picture tell winter from summer and noon from night, which a pixel's lightness doesn't.
# Where the votes disagree, their mean is greyish, as a network's answer would be.

# %% [markdown]
# ## Predict, then explain
#
# A balloon stands in a landscape, and its lightness is the same whether it is red or blue.
# The true one is red, and three networks answer: one leaves the balloon grey, one gives it the mean of all eight colours that balloons have, and one makes it blue.
# Which answer has the highest PSNR and which the lowest, and which of them would you print?
# The colourfulness beside it is Hasler and Süsstrunk's own number, 0 for grey and about 45 for an average picture; the lesson divides it by the truth's.
# Write your prediction into the next cell (a double click opens it), run the cell below it, and write why it came out so.

# %% [markdown]
# *My prediction:*
#
# *My explanation:*

# %%
from course_utils import metrics
from drawn_worlds.landscapes import landscape

balloons = [landscape(15, 64, colour=n, time="noon", weather="clear") for n in range(8)]
red, blue = balloons[0].photo, balloons[5].photo
labs = images.rgb_to_lab(np.stack([each.photo for each in balloons]))
lab, mean = labs[0].copy(), labs[0].copy()
lab[np.ptp(labs[..., 1:], axis=0).max(axis=-1) > 1, 1:] = 0  # wherever the eight differ
mean[..., 1:] = labs[..., 1:].mean(axis=0)
answers = {"left grey": images.lab_to_rgb(lab), "mean of eight": images.lab_to_rgb(mean), "blue": blue}
for name, answer in answers.items():
    print(f"{name:<14} PSNR {metrics.psnr(red, answer):.1f} dB   colourfulness {metrics.colourfulness(answer):.1f}")
show_images([red, *answers.values()], ["the true one", *answers],
            alt="A snowy landscape with a balloon, which is red, grey, brown and blue.")

# %% [markdown]
# <details><summary>A model answer</summary>
#
# The mean of the eight has the highest PSNR and the blue balloon the lowest, so even the grey balloon beats the blue one.
# A vivid colour that is wrong is far from the true one, while grey and brown lie between the vivid ones.
# So a measure of distance prefers the answer without an opinion, and a network that is trained for it learns to give that answer.
# The brown balloon is the colour of none; who doesn't know the true picture would print the blue one.
# That is why the lesson reports colourfulness beside PSNR, and shows the pictures.
#
# </details>

# %% [markdown]
# ## Five questions

# %%
from course_utils.teach.quiz import quiz

quiz("05")
