# %% [markdown]
# # Exercises 10: follow the flow
#
# Six exercises, from a warm-up to an open one, a prediction, and five questions.
# They belong to [lesson 10](../10_flow_matching.ipynb) and take about 70 minutes; without number 6 they take an hour.
#
# - Write your code where it says `...  # your code here`, and run the check below it.
# - The check tells you which mistake it sees; `q1.hint()` helps, and `q1.hint(2)` helps more.
# - Nothing is trained here: every cell runs in seconds.
#
# The pictures here are points, pictures of two numbers, and they lie on two moons.

# %%
import matplotlib.pyplot as plt
import numpy as np

from course_utils import profile
from course_utils.exercises import exercise
from course_utils.exercises.flow import MOONS, mixture, points
from course_utils.show import show_figure

profile.set_seeds(0)
noise = np.random.default_rng(0).normal(size=(400, 2))
picture, centre = points(MOONS, 400, seed=1)
colours = np.where(centre < len(MOONS) // 2, "tab:blue", "tab:orange")  # the upper moon is blue


def show_points(clouds, alt, colours="tab:red"):
    """{title: points (N, 2)} side by side; behind them, the middles of the two moons in grey."""
    figure, axes = plt.subplots(1, len(clouds), figsize=(2.4 * len(clouds), 2.9), squeeze=False)
    for axis, (title, cloud) in zip(axes[0], clouds.items()):
        axis.plot(*MOONS.T, "o", color="lightgrey", markersize=4, zorder=0)
        axis.scatter(*np.asarray(cloud).T, 5, c=colours)
        axis.set(title=title, xlim=(-3, 3), ylim=(-3, 3), aspect="equal", xticks=(), yticks=())
    show_figure(figure, alt=alt)


show_points({"noise": noise, "pictures": picture}, colours=colours,
            alt="A round cloud of blue and orange points; the same points on two moons, the upper one blue.")

# %% [markdown]
# Each point of the noise has a partner among the pictures, drawn at random, and has its colour.

# %% [markdown]
# ## 1. On the straight line
#
# A straight path leads from noise $x_0$ to a picture $x_1$.
# At the time $t$, from 0 to 1, one is here:
#
# $$x_t = (1 - t)\, x_0 + t\, x_1$$
#
# A batch has $N$ paths, and each is at a time of its own.
# What lies at their ends may be points (N, 2), or pictures (N, H, W, 3).

# %%
def between(noise, picture, t):
    """Noise and pictures (N, ...), and times (N,) -> where each path is at its time, (N, ...)."""
    # solution
    t = t.reshape(-1, *[1] * (noise.ndim - 1))  # (N, 1, ..., 1)
    return (1 - t) * noise + t * picture
    # end solution

# %%
q1 = exercise("10.1")
q1.check(between)

# %% [markdown]
# ### Look at them
#
# All points walk at the same time here.

# %%
times = (0, 0.25, 0.5, 0.75, 1)
places = [between(noise, picture, np.full(len(noise), t)) for t in times]
if places[0] is not ...:
    show_points({f"t = {t}": place for t, place in zip(times, places)}, colours=colours,
                alt="A round cloud turns into two moons; half-way blue and orange points lie mixed in the middle.")

# %% [markdown]
# The first cloud should be the noise, and the last one the two moons.
# Half-way many blue and orange points still lie at the same places: paths cross there.

# %% [markdown] tags=["solution"]
# Without the reshape NumPy lays the times along the last axis, and three pictures with three channels hide it.
# A diffusion model walks on a bent line, whose two shares have squares that add up to 1.

# %% [markdown]
# ## 2. What the network learns
#
# On a straight path the velocity is always the same, $x_1 - x_0$.
# A network $v_\theta$ sees the place and the time, neither the noise nor the picture, and shall say this velocity:
#
# $$L = \mathrm{mean}\,\bigl(v_\theta(x_t, t) - (x_1 - x_0)\bigr)^2$$
#
# The mean is that over all numbers of the batch; use your `between`.

# %%
def loss_of_a_step(network, noise, picture, t):
    """A function network(x, t) -> (N, D), noise and pictures (N, D), times (N,) -> one number."""
    # solution
    answer = network(between(noise, picture, t), t)
    return np.mean((answer - (picture - noise)) ** 2)
    # end solution

# %%
q2 = exercise("10.2")
q2.check(loss_of_a_step)

# %% [markdown]
# ### The perfect network
#
# The moons are made of small Gaussians, so their best velocity $v$ is known: `mixture(MOONS)` computes it.
# The cell multiplies it by a factor $a$, at three times, and asks your loss.

# %%
from course_utils.show import show_lines

perfect = mixture(MOONS)
factors = np.linspace(-1.5, 1.5, 25)
losses = {f"t = {t}": [loss_of_a_step(lambda x, t: a * perfect(x, t), noise, picture, np.full(len(noise), t))
                       for a in factors] for t in (0.2, 0.5, 0.8)}
if losses["t = 0.2"][0] is not ...:
    show_lines(factors, losses, ("a, where the network answers a · v", "loss"),
               alt="Three parabolas that are lowest at or near a = 1, and stay above 0.")

# %% [markdown]
# All curves should be lowest near $a = 1$, and even there the loss isn't 0.
# Where paths cross, a network can say only one velocity, and the best is their mean.

# %% [markdown] tags=["solution"]
# What is left at $a = 1$ is the variance of the paths that cross, so a flow's loss says little about its pictures.
# It is lowest exactly at 1 only with infinitely many points; here there are 400.

# %% [markdown]
# ## 3. Euler's steps
#
# A sampler begins with noise at $t = 0$ and follows the velocity to $t = 1$, in $n$ equal steps.
# At the begin of each step it asks for the velocity, and walks along it, straight on:
#
# $$x_{t + 1/n} = x_t + \tfrac{1}{n}\, v(x_t, t)$$

# %%
def euler(velocity, x, steps):
    """A function velocity(x, t), noise (N, D), the number of steps -> all stops, steps + 1 arrays (N, D)."""
    # solution
    stops = [x]
    for n in range(steps):
        stops.append(stops[-1] + velocity(stops[-1], n / steps) / steps)
    return stops
    # end solution

# %%
q3 = exercise("10.3")
q3.check(euler)

# %% [markdown]
# ### Watch them walk
#
# On the left are the straight paths of 40 pairs, beside them the paths that your sampler takes along the perfect velocity.

# %%
ways = {"straight, of pairs": [noise[:40], picture[:40]],
        **{f"Euler, {steps} steps": euler(perfect, noise[:40], steps) for steps in (4, 32)}}
if ways["Euler, 4 steps"] is not ...:
    figure, axes = plt.subplots(1, 3, figsize=(10, 3.6), sharex=True, sharey=True)
    for axis, (title, stops) in zip(axes, ways.items()):
        axis.plot(*MOONS.T, "o", color="lightgrey", markersize=5)
        axis.plot(*np.stack(stops).transpose(2, 0, 1), color="tab:red", linewidth=0.9)
        axis.plot(*stops[-1].T, ".", color="black"), axis.set(title=title, aspect="equal", xticks=(), yticks=())
    show_figure(figure, alt="Straight lines that cross everywhere; bent lines with corners; smooth ones that part for two moons.")

# %% [markdown]
# The straight paths cross everywhere.
# Two paths of the flow never meet at the same time, since there is one velocity at each place and time.
# With 32 steps all black ends should lie near the moons.

# %% [markdown] tags=["solution"]
# So a flow gives each noise a picture of its own, without pairs that anybody had told it.
# Both kinds of paths have the same clouds at each time, and only that is what the loss promises.

# %% [markdown]
# ## 4. Heun's two looks
#
# Where a path bends, a straight step ends beside it.
# Heun takes Euler's step on trial, asks for the velocity where that arrives, and walks along the mean of both velocities.
# With $h = 1/n$:
#
# $$v_1 = v(x_t, t), \qquad v_2 = v(x_t + h\, v_1,\; t + h), \qquad x_{t+h} = x_t + h\, \frac{v_1 + v_2}{2}$$

# %%
def heun(velocity, x, steps):
    """As euler, with the mean of two velocities in each step."""
    # solution
    stops, h = [x], 1 / steps
    for n in range(steps):
        x, t = stops[-1], n * h
        first = velocity(x, t)
        stops.append(x + h * (first + velocity(x + h * first, t + h)) / 2)
    return stops
    # end solution

# %%
q4 = exercise("10.4")
q4.check(heun)

# %% [markdown]
# ### The order of convergence
#
# If all pictures are one Gaussian with mean 1 and deviation 0.2, every path is known: from $x_0$ it leads to $1 + 0.2\, x_0$.
# The error is the mean distance from there, with as many looks at the velocity for both samplers.

# %%
from course_utils.show.figures import line_figure

looks, line = np.array([2, 4, 8, 16, 32, 64, 128]), noise[:, :1]  # points on a line
gaussian = mixture(np.array([[1.0]]), spread=0.2)
errors = {}
for name, sampler, each in (("Euler", euler, 1), ("Heun", heun, 2)):
    ends = [sampler(gaussian, line, n // each) for n in looks]
    if ends[0] is not ...:
        errors[name] = np.array([np.abs(stops[-1] - (1 + 0.2 * line)).mean() for stops in ends])
        print(f"{name:<6}twice as many looks, error divided by:", *(errors[name][:-1] / errors[name][1:]).round(2))
if errors:
    figure = line_figure(looks, errors, ("looks at the velocity", "error"), log=True)
    figure.axes[0].set_xscale("log", base=2), figure.axes[0].set_xticks(looks, looks)
    show_figure(figure, alt="Two falling lines: Heun's error begins above Euler's and ends far below it.")

# %% [markdown]
# The last quotients should be near 2 for Euler, which is of first order, and near 4 for Heun, which is of second order.
# With two looks Heun is worse.

# %% [markdown] tags=["solution"]
# An order tells what happens when the steps are small; it promises nothing for few steps.
# So the lesson measures both at equal seconds, not at equal steps.

# %% [markdown]
# ## 5. Guidance
#
# A network that was trained with drawings, and now and then without one, knows two velocities: $v_d$ with the drawing and $v_0$ without.
# Guidance $w$ goes from the one towards the other, or beyond:
#
# $$v = v_0 + w\,(v_d - v_0)$$
#
# The network is asked as Keras wants it, `network.predict_on_batch([x, t, drawing])`, with $t$ as an array (N,).
# "No drawing" is a drawing of zeros.
# Return a function of $x$ and one number $t$, so that a sampler can follow it.

# %%
def guided(network, drawing, guidance):
    """A network, drawings (N, ...), and w -> a function velocity(x, t)."""
    # solution
    def velocity(x, t):
        t = np.full(len(x), t)
        without = network.predict_on_batch([x, t, np.zeros_like(drawing)])
        by = network.predict_on_batch([x, t, drawing])
        return without + guidance * (by - without)

    return velocity
    # end solution

# %%
q5 = exercise("10.5")
q5.check(guided)

# %% [markdown]
# ### Look at them
#
# The drawing is one number here: 1 asks for the upper moon, -1 for the lower one, and 0 for either.
# These moons are so thick that they touch.

# %%
from course_utils.exercises.flow import MoonNetwork
from course_utils.models import flow as models

clouds = {}
for w in (0, 1, 2, 4):
    velocity = guided(MoonNetwork(), np.ones((len(noise), 1)), w)
    if velocity is not ...:
        clouds[f"w = {w}"] = models.euler(velocity, noise, 32)[-1]
if clouds:
    show_points(clouds, "Red points on both moons, on the upper one, and pushed out of it, away from the lower one.")

# %% [markdown]
# With $w = 0$ both moons should be there, and with $w = 1$ the upper one alone.
# Above 1 the points should move away from the lower moon, and lie closer together.

# %% [markdown] tags=["solution"]
# No picture of the upper moon lies where $w = 4$ leads: guidance exaggerates what is typical of a drawing.
# It costs two looks per step, and answers get more alike.
# If no drawing is ever left out in training, $v_0$ was never learned, and the difference means nothing.

# %% [markdown]
# ## 6. Eight looks
#
# The open one: a large network is slow, so each look at the velocity counts.
# You may ask eight times, and the ninth time is an error.
# Your score is the share of the error of Euler's eight equal steps that is gone, on two moons and on eight heaps; the error is the mean distance from where each path really ends.
# The baseline is Heun with four steps.
#
# - Times needn't have equal gaps: where do the paths bend?
# - What is known after a look needn't be forgotten: the last velocity and this one tell how it changes.

# %%
def eight_looks(velocity, x):
    """A function velocity(x, t) that answers eight times, and noise (N, 2) -> where it ends, (N, 2)."""
    # solution
    times = 1 - (1 - np.linspace(0, 1, 9)) ** 1.3  # shorter steps towards the end
    now = bend = 0
    for n in range(8):
        before, now, h = now, velocity(x, times[n]), times[n + 1] - times[n]
        if n:
            bend = (now - before) / (times[n] - times[n - 1])  # how the velocity changes with time
        x = x + h * (now + h / 2 * bend)
    return x
    # end solution

# %%
q6 = exercise("10.6")
q6.check(eight_looks)

# %% [markdown]
# ### Elsewhere
#
# What you tuned on two worlds may fail in a third: here is a spiral, with other noise.

# %%
from course_utils.exercises.flow import Counted, four_steps_of_heun

turn = np.linspace(1, 3 * np.pi, 60)
spiral = mixture(np.stack([turn * np.cos(turn), turn * np.sin(turn)], axis=1) / 5)
start = np.random.default_rng(2).normal(size=(300, 2))
ends = {"100 steps": models.heun(spiral, start, 100)[-1], "Euler": models.euler(spiral, start, 8)[-1],
        "Heun": four_steps_of_heun(spiral, start), "yours": eight_looks(Counted(spiral), start)}
if ends["yours"] is not ...:
    figure, axes = plt.subplots(1, 4, figsize=(11, 3), sharex=True, sharey=True)
    for axis, (name, end) in zip(axes, ends.items()):
        off = np.linalg.norm(end - ends["100 steps"], axis=1).mean()
        axis.plot(*end.T, ".", color="tab:red", markersize=4), axis.set(title=f"{name}\nerror {off:.3f}", aspect="equal")
    show_figure(figure, alt="A spiral of points, and three more that follow it less closely.")

# %% [markdown]
# Your error should be below both of the others here, too.

# %% [markdown] tags=["solution"]
# Neither idea is enough alone: Euler gets worse with these times, and with equal times the memory misses the goal.
# Together they reach it, since the paths bend most in their second half.
# The step with a memory is that of Adams and Bashforth; samplers of large diffusion models, such as DPM-Solver++, remember earlier looks, too.

# %% [markdown]
# ## Predict, then explain
#
# The velocity of the two moons is exact, so nothing is wrong with the "network".
# Where do 400 points of noise end with a single step of Euler, and where with a single step of Heun?
# Write your prediction into the next cell (a double click opens it), run the cell below it, and write why it came out so.

# %% [markdown]
# *My prediction:*
#
# *My explanation:*

# %%
one = {"Euler, 1 step": models.euler(perfect, noise, 1)[-1], "Heun, 1 step": models.heun(perfect, noise, 1)[-1],
       "Euler, 64 steps": models.euler(perfect, noise, 64)[-1]}
for name, end in one.items():
    print(f"{name:<15} mean {end.mean(axis=0).round(2)}, deviation {end.std(axis=0).round(2)}")
show_points(one, "One red point in the middle, a round cloud, and two moons.")

# %% [markdown]
# <details><summary>A model answer</summary>
#
# At $t = 0$ the place says nothing about the picture: each noise may lead to any of them.
# So the best velocity is the mean picture minus the place, and Euler's one step brings every point to the mean of all data, where there is no moon.
# That is the blur of lesson 02: one look, one answer, the mean.
# Heun's second look is there at $t = 1$, where it takes the mean for a finished picture: $v_2$ is that place itself, less the mean of noise, which is 0.
# The mean of both velocities leads to the mean of the data and half of the noise, which is a smaller cloud of noise.
# More steps help, since a look on the way sees already where a point is going, and fewer paths cross there.
#
# </details>

# %% [markdown]
# ## Five questions

# %%
from course_utils.teach.quiz import quiz

quiz("10")
