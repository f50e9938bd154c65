# %% [markdown]
# # The same jobs today: flow matching
#
# A network learns how each pixel's colour should change, and noise becomes a house: without a discriminator, and each time another one.
#
# ![Two drawings, four answers to each, and the photograph.](pictures/10_flow_matching.png)
#
# - **Time**: 45 minutes to read; about a minute to run on a laptop CPU.
# - **You need**: lesson 01 (U-Net), lesson 02 (L1, pix2pix, the reader of houses).
# - **Data**: lesson 02's houses, drawn by the course (CC BY 4.0).

# %% [markdown]
# ## Objectives
#
# 1. Say what a flow learns, and why the mean of velocities isn't fog.
# 2. Take one training step and one path from noise to picture apart, and trade steps for quality.
# 3. Steer with guidance, and compare L1, GAN and flow: sense, texture, variety, seconds.

# %% tags=["parameters"]
PROFILE = "quick"
DATASET = "synthetic"
SEED = 0
STEPS = None
TEST_DATA = None

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 1.
# > What paints pictures from sentences today grew out of what comes now.

# %% [markdown]
# ## One drawing, many houses
#
# Lesson 02's drawings of houses go in, and photographs come out.

# %%
import numpy as np
from course_utils import images, profile, results
from course_utils.data import pix2pix as data
from course_utils.models import flow, pix2pix
from course_utils.teach import Bets

run = profile.start("10", PROFILE, DATASET, SEED, STEPS, TEST_DATA)
train, test = data.load(DATASET, "BtoA", run.test_data)
drawings, truth = (np.stack([getattr(p, part) for p in test[:4]])
                   for part in ("source_picture", "target"))
bets = Bets()
bets.ask("apart", "How far apart are four answers to one drawing? (other houses: 1)", 0, 1, step=0.05)

# %% [markdown]
# ### What lesson 02 answers

# %% tags=["hide"]
from course_utils.show import show_images

before = {"L1": pix2pix.translate(pix2pix.load("unet_l1"), drawings)}
gan = pix2pix.load("unet_l1_cgan")
before |= {f"pix2pix, {name}": pix2pix.translate(gan, drawings, seed) for seed, name in enumerate(("noise", "other noise"))}
columns = {"drawing": drawings} | before | {"photograph": truth}
show_images([picture[n] for n in range(2) for picture in columns.values()], list(columns), columns=5,
            alt="Two drawings, the answers of L1 and of pix2pix with two kinds of noise, and the photograph.")

# %% [markdown]
# L1 answers with fog, and pix2pix with one house, whatever its noise.
# But a drawing doesn't say whether its walls are brick or plaster: there are many right answers.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 3.
# > Ask what else has many right answers: a translation, a melody to a text, tomorrow's weather.

# %% [markdown]
# ## Move, don't answer
#
# A pixel of a wall is light on some houses and dark on others; L2 wants their mean, a grey that no house has (L1 wants the median; over many pixels both give fog).
# A **flow** doesn't answer at once: it begins with noise $x_0$, and moves it along a **velocity** $v(x, t)$ from time $t = 0$ to the picture at $t = 1$.
#
# $$\frac{\mathrm{d}x_t}{\mathrm{d}t} = v(x_t, t)$$
#
# For one pixel of two kinds of houses the best velocity is known.
# It is a mean, too: that of all lines that pass through $x$ at time $t$.

# %%
def alone(x, t, mean, spread):
    """The mean velocity at x, time t, if all pictures end near one `mean`, give or take `spread`."""
    variance = (1 - t) ** 2 + (t * spread) ** 2  # of x_t around t · mean
    return mean + (t * spread**2 - (1 - t)) / variance * (x - t * mean)

def mixed(x, t, light, spread=0.08):
    """The same at x (N,), if a share `light` ends at +1 and the others at -1."""
    ends = np.array([[1.0], [-1.0]])  # (2, 1)
    far = (x - t * ends) ** 2 / (2 * ((1 - t) ** 2 + (t * spread) ** 2))
    near = np.array([[light], [1 - light]]) * np.exp(far.min(0) - far)  # (2, N): how likely
    return (near * alone(x, t, ends, spread)).sum(0) / near.sum(0)

begin, times = np.random.default_rng(1).standard_normal(60), np.linspace(0, 1, 201)

# %% [markdown]
# ### Light and dark houses, once more

# %% tags=["hide"]
import ipywidgets
from course_utils.show import play
from course_utils.show.figures import line_figure

def ways(light):
    stops = np.stack(flow.euler(lambda x, t: mixed(x, t, light), begin, len(times) - 1))
    curves = {"paths": stops[:, 0], "what L2 answers": 0 * times + 2 * light - 1}
    figure = line_figure(times, curves, ("time t", "dark to light"), (12.5, 4.6))
    figure.axes[0].plot(times, stops, color="#0072B2", linewidth=0.8, zorder=0)
    figure.axes[0].set_title(f"light at the end: {(stops[-1] > 0).mean():.0%}")
    return figure

play(ways, alt="Sixty ways from noise to one of two values, none to the mean.",
     light=ipywidgets.FloatSlider(0.6, min=0, max=1, step=0.1, description="share of light houses"));

# %% [markdown]
# At $t = 0$ all paths head for the mean; then each comes nearer to one kind, and the mean of what still fits is no fog.
# In the end pixels are light or dark, in the right shares.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 6.
# > Pull the slider: the dashed line slides through values that no house has, the paths never end there.
# > Where do two paths that start side by side part?
# > Paths of one velocity never cross.

# %% [markdown]
# ## What it learns from
#
# Nobody knows the best velocity for pictures, but examples are easily had: noise $x_0$, a photograph $x_1$, and the straight line between them.
#
# $$x_t = (1 - t)\, x_0 + t\, x_1 \qquad \text{velocity: } x_1 - x_0$$
#
# **Conditional flow matching** lets a network guess this velocity from $x_t$, $t$ and the drawing; many lines cross at one $x_t$, and least squares make it answer their mean, which is the velocity that we need.
# The lines are straight, and they cross; the flow follows their mean, so its paths bend and never cross.
#
# $$L = \mathbb{E}\; \lVert v(x_t, t, \text{drawing}) - (x_1 - x_0) \rVert^2$$

# %%
import json
from course_utils import losses, paths
from course_utils.show import show_source
from course_utils.training import flow as training

settings = {"quick": training.QUICK, "full": training.FULL}[PROFILE]
show_source(training.between, losses.flow_matching_loss)

# %% [markdown]
# ### One example

# %% tags=["hide"]
from course_utils.show import show_figure
from course_utils.show.flow_way import flow_way

network = flow.load()
noise = flow.noise(len(drawings), drawings.shape[1], SEED)
x_t = training.between(noise[:1], images.to_signed(truth[:1]), np.array([0.4]))
v = flow.guided(network, images.to_signed(drawings[:1]))(np.asarray(x_t, np.float32), 0.4)
show_figure(flow_way(noise[0], truth[0], drawings[0], 0.4, v[0]),
            alt="Noise and photograph are mixed to x_t; a U-Net sees it, the time and the drawing, and answers a velocity.")

# %% [markdown]
# The network sees a photograph veiled by noise, the time and the drawing, and guesses photograph minus noise.
# There is no second network as in a GAN, so training can't lose its balance.

# %% [markdown]
# ### The network
#
# Lesson 01's U-Net, but its blocks add to their input, the time scales and shifts their channels (**FiLM**), and at the lowest scale each place looks at all others (**self-attention**).

# %%
show_source(flow.velocity)

# %% [markdown]
# ### One of its blocks
#
# A block adds a correction to its input; its last layer begins at zero, so at first it passes the input on.

# %%
show_source(flow.block, flow.normalised, flow.look_around)

# %% [markdown]
# ### One training step
#
# Times are the sigmoid of a normal number, most of them in the middle of the way, where the house is decided.
# One drawing in ten, by chance, is left out, which we shall need for guidance; a running mean of the weights will paint.

# %%
side = settings.network.side
small = [data.DrawnPair(seed, side=side) for seed in data.DRAWN["train"]]
unseen = [data.DrawnPair(seed, side=side) for seed in data.DRAWN["test"]]
show_source(training.Flow.train_step)

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 8.
# > Compare with lesson 02's step: two networks and four losses there, one of each here.
# > Why does least squares give a mean, and why do we want one here?

# %% [markdown]
# ## Watch it learn
#
# At 64 × 64 pixels, for less than a minute: colours and rows of windows come, but no house yet.

# %%
from course_utils.data.pairs import Jitter
from course_utils.show.live import Live

asked = np.stack([pair.source_picture for pair in unseen[:2]])
answers = lambda: flow.generate(live.model.averaged, asked, SEED, steps=8)
watch = lambda: ([*asked, *answers()], ["drawing"] * 2 + ["answer"] * 2)
live = Live(run.steps, watch, keep="10_flow_matching",
            alt="The loss of the velocity, two drawings and their answers.")
example = Jitter(small, side, scale=1.0)
learned = training.train(example, run.steps, SEED, settings, callbacks=[live]).averaged

# %% [markdown]
# The loss has a floor that nobody knows: where lines cross, even the best velocity, their mean, misses each of them.

# %% [markdown]
# ### On houses that it has never seen
#
# **Live** is the network that you saw learning; **each pixel alone**: as if every pixel were a Gaussian of its own, with the training houses' mean and spread.

# %%
from course_utils.show import tell

def signed(pairs, part):
    return images.to_signed(np.stack([getattr(pair, part) for pair in pairs]))

x_1, known = signed(unseen, "target"), signed(small, "target")
x_0 = flow.noise(len(x_1), side, SEED + 1)

def losses_of(v, times=(0.1, 0.3, 0.5, 0.7, 0.9)):
    guesses = {t: np.float32(v(np.float32((1 - t) * x_0 + t * x_1), t)) for t in times}
    each = {f"t = {t}": float(losses.flow_matching_loss(guesses[t], x_0, x_1)) for t in times}
    return {"loss": np.mean(list(each.values()))} | each

missed = {"live": losses_of(flow.guided(learned, signed(unseen, "source_picture"))),
          "each pixel alone": losses_of(lambda x, t: alone(x, t, known.mean(0), known.std(0)))}
tell(missed)

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 5.
# > Why is the loss largest near t = 1?
# > To know the noise there, one must know the picture almost exactly.
# > At t = 0.1 pixels alone do as well: so early there is little to see.
# > The curve of the loss hardly falls after a while, and the pictures still get better: why?

# %% [markdown]
# ## From noise to a house
#
# **Euler** looks at the velocity once a step, and **Heun** at the step's end, too: it takes their mean (`last_look` will be measured).

# %%
from course_utils.models import checkpoints

told = checkpoints.told("10_houses")
print(f"shipped: {network.count_params() / 1e6:.1f} million weights,", told["steps"],
      "steps of", told["batch"], f"houses in {told['seconds'] / 60:.0f} minutes")
show_source(flow.euler, flow.heun)

# %% [markdown]
# ### On its way
#
# **Belief**: where it would end if it went straight on, $\hat x_1 = x_t + (1 - t)\, v$.

# %% tags=["hide"]
from course_utils.show.figures import image_figure

v = flow.guided(network, images.to_signed(drawings[:1]))
stops = flow.euler(v, noise[:1], 16)
beliefs = [x + (1 - n / 16) * v(x, n / 16) for n, x in enumerate(stops[:-1])] + stops[-1:]
some = [0, 2, 4, 8, 12, 16]
show_images([np.clip(row[n][0] / 2 + 0.5, 0, 1) for row in (stops, beliefs) for n in some], [f"t = {n / 16:.2f}" for n in some],
            columns=len(some), height=2.1, rows=("x_t", "belief"),
            alt="Noise becomes a house in sixteen steps; below, where each stop would end.")

# %% [markdown]
# The first belief is grainy fog, near the mean of all houses that fit; then the noise decides, and bricks come last.

# %% [markdown]
# ### Stop it anywhere

# %% tags=["hide"]
def at(stop, noise_number):
    x = flow.noise(noise_number + 1, 128, SEED)[-1:]
    stop, way = round(16 * stop), flow.euler(v, x, 16)
    belief = way[stop] + (1 - stop / 16) * (v(way[stop], stop / 16) if stop < 16 else 0)
    shown = [np.clip(each[0] / 2 + 0.5, 0, 1) for each in (way[stop], belief, way[-1])]
    return image_figure(shown, ["x_t", "belief", "end"], columns=3, height=4)

play(at, alt="A stop between noise and house, what the network believes there, and the end.",
     stop=ipywidgets.FloatSlider(0.25, min=0, max=1, step=1 / 16, description="t"),
     noise_number=ipywidgets.IntSlider(0, max=9, description="noise"));

# %% [markdown]
# Another noise, another house: what pix2pix's noise didn't do.

# %% [markdown]
# ### Guidance
#
# Since some drawings were left out, the network also knows a velocity $v_\varnothing$ without one.
# **Classifier-free guidance** goes from there towards the velocity $v$ with the drawing, and for $w > 1$ beyond it:
#
# $$v_w = v_\varnothing + w\,(v - v_\varnothing)$$

# %%
show_source(flow.guided)
print("w =", flow.GUIDANCE, "in what follows: chosen on validation houses, for their texture")
bets.ask("looks", "How many Euler steps for 95 % of the FCN-IoU that 32 steps reach?", 0, 32, step=1)

# %% [markdown]
# ### How much of the drawing?

# %% tags=["hide"]
def pushed(guidance, number):
    made = [flow.generate(network, drawings[2:3], number, 8, w)[0] for w in (1.0, guidance)]
    return image_figure([drawings[2], *made], ["drawing", "w = 1", f"w = {guidance:.2f}"], columns=3, height=4)

play(pushed, alt="A drawing, its answer without guidance, and with it.",
     guidance=ipywidgets.FloatSlider(3, min=0, max=6, step=0.25, description="w"),
     number=ipywidgets.IntSlider(0, max=9, description="noise"));

# %% [markdown]
# At $w = 0$ any house comes, whatever was drawn.
# A little above 1 the drawing is followed more closely; at 3 contrast is hard, and windows go black.

# %% [markdown]
# ### How many steps?

# %% tags=["hide"]
counts = [1, 2, 4, 8, 16, 32]
walked = [flow.generate(network, drawings[1:3], SEED, steps, flow.GUIDANCE) for steps in counts[:5]] + [truth[1:3]]
show_images([each[n] for n in range(2) for each in walked], ["1 step", *(f"{n} steps" for n in counts[1:5]), "photograph"], columns=6,
            alt="Two drawings answered in 1, 2, 4, 8 and 16 steps, and the photographs.")

# %% [markdown]
# One step is the first belief again, two bring edges, four the panes; after that the eye sees little.

# %% [markdown]
# ### Looks against quality

# %% tags=["hide"]
import matplotlib.pyplot as plt

evidence = json.loads((paths.EVIDENCE / "10.json").read_text())["summary"]
names, euler = {"euler": "Euler", "heun": "Heun", "heun_last_step_euler": "Heun, last step Euler"}, evidence["euler"]
figure, axes = plt.subplots(1, 2, figsize=(12.5, 4.4))
for (sampler, name), line in zip(names.items(), ("-o", "--s", ":^")):
    for axis, key in zip(axes, ("fcn_iou", "texture_distance")):
        axis.semilogx([int(n) for n in evidence[sampler]], [each[key] for each in evidence[sampler].values()],
                      line, base=2, label=name)
        axis.set(title=key, xlabel="looks at the velocity"), axis.legend()
show_figure(figure, alt="FCN-IoU and texture distance over looks at the velocity, of Euler and two kinds of Heun.")
bets.reveal("looks", min(int(n) for n, each in euler.items() if each["fcn_iou"] >= 0.95 * euler["32"]["fcn_iou"]))

# %% [markdown]
# For the reader two Euler steps are enough; texture goes on improving up to about 16.
# On paper Heun's error falls faster, but its last look is at $t = 1$, where velocities are hardest to tell; without that look (Karras et al., 2022) it is where Euler is, a little ahead in texture.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 10.
# > Let the room say at which stop they see the house for the first time.
# > Lines that the training made straight would need one step; Liu et al. train a second flow on the first one's ends for that.

# %% [markdown]
# ## Four answers to one drawing

# %% tags=["hide"]
four = np.stack([flow.generate(network, drawings[:2], SEED + n, guidance=flow.GUIDANCE) for n in range(4)])
show_images([picture[n] for n in range(2) for picture in (drawings, *four, truth)],
            ["drawing", "answer", "another", "a third", "a fourth", "photograph"], columns=6,
            alt="Two drawings, four answers to each, and the photograph.")

# %% [markdown]
# The lines of the drawing stay; walls, frames and trees are chosen anew each time, and where the drawing says nothing, as of a roof, it sometimes errs.

# %% [markdown]
# ### Four faces for one drawing
#
# **Identity**: how alike lesson 08's judge finds answer and truth, over 100 unseen people.

# %% tags=["hide"]
lines, psp, gan_face, faces = np.load(paths.EVIDENCE / "08_pictures.npz")["sketch"].reshape(4, 6, 64, 64, 3)
before = json.loads((paths.EVIDENCE / "08.json").read_text())["summary"]["sketch"]["identity"]
alike = {name: before[name]["mean"] for name in ("pix2pix", "pSp")}
alike["flow"] = checkpoints.told("10_faces")["metrics"]["identity"]
artist = flow.load("faces")
drawn = [flow.generate(artist, lines[:3], SEED + n, 8, flow.GUIDANCE) for n in range(4)]
columns = [lines, gan_face, psp, *drawn, faces]
titles = ["lines", *(f"{name}: {alike[name]:.2f}" for name in ("pix2pix", "pSp", "flow")), "flow", "flow", "flow", "truth"]
show_images([images.to_float(column[n]) for n in range(3) for column in columns], titles, columns=8,
            alt="Three drawings of lines, the answers of pix2pix and pSp, four of the flow, and the true faces.")

# %% [markdown]
# pix2pix smears, pSp answers with a smooth face; the flow keeps even glasses, and guesses hair and skin anew.
# For the judge its first guess is as near to the truth as pSp's face.

# %% [markdown]
# ### Three ways, measured
#
# **Diversity**: how far four answers to one drawing are apart, photographs of other houses being 1.
# **Lattice**: the strongest of three grids, on 192 more houses, photographs' being 1.
# `texture` of the truth is that of other photographs; `seconds` are per picture, `training` to learn.

# %%
rivals = evidence["ways"]
shown = {"fcn_iou": "fcn_iou", "texture": "texture_distance", "lattice": "lattice",
         "diversity": "diversity", "seconds": "seconds_per_picture", "training": "seconds_to_train"}
tell({name: {title: each.get(key, np.nan) for title, key in shown.items()}
      for name, each in rivals.items()})
bets.reveal("apart", rivals["flow"]["diversity"])
ours, others = rivals["flow"], [rivals["L1"], rivals["pix2pix"]]
assert ours["fcn_iou"] > max(each["fcn_iou"] for each in others)
assert ours["texture_distance"] < min(each["texture_distance"] for each in others)
assert all(each["lattice"] < 1.05 for each in rivals.values())

# %% [markdown]
# The flow, with 16 steps and guidance, is read best, better even than photographs: guidance seems to exaggerate what the reader looks for.
# Its texture is nearest, it alone has several answers, and none weaves a lattice; it pays with seconds.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 5.
# > Which of the four answers would an architect show first?
# > Every w above 1 buys obedience with variety: where would you want that?
# > On the demo page (`python -m course_utils serve`), "Build a house" takes drawings by mouse.

# %% [markdown]
# ## What diffusion calls these
#
# Diffusion models were there first; they learn the same thing in other words, and each of their quantities follows from our velocity.
#
# | diffusion | here |
# |---|---|
# | noise $\varepsilon$, predicted | $\hat x_0 = x_t - t\, v$ |
# | the clean picture, predicted | $\hat x_1 = x_t + (1 - t)\, v$ |
# | score $\nabla \log p_t(x_t)$: where $x_t$ becomes likelier | $-\hat x_0 / (1 - t)$ |
# | noise schedule | how much of each is mixed: here $1 - t$ and $t$ |
# | DDIM's steps | Euler's steps, for this schedule |
# | $x_0$ is the picture, time runs to noise | $x_0$ is noise, time runs to the picture |

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 3.
# > Whoever has read about diffusion finds their words here; the others can skip the table.

# %% [markdown]
# ## You, as a house
#
# A path need not begin with noise alone: veil a picture up to a time $t$, and let the flow carry on without a drawing.
# The earlier it takes over, the more it invents (Meng et al., SDEdit, 2022).

# %%
from course_utils.teach import your_picture

you = images.to_signed(your_picture(128))[None]
free = flow.guided(network, np.zeros_like(you))

# %% [markdown]
# ### Veiled, and carried on

# %% tags=["hide"]
def as_house(t):
    begin = np.float32((1 - t) * flow.noise(1, 128, SEED) + t * you)
    end = flow.euler(lambda x, s: (1 - t) * free(x, t + (1 - t) * s), begin, 12)[-1]
    shown = [np.clip(each[0] / 2 + 0.5, 0, 1) for each in (you, begin, end)]
    return image_figure(shown, ["your picture", f"veiled, t = {t:.2f}", "carried on"], columns=3, height=4)

play(as_house, alt="Your picture, veiled by noise, and what the flow makes of it.",
     t=ipywidgets.FloatSlider(0.3, min=0, max=0.95, step=0.05));

# %% [markdown]
# Rough shapes and colours stay; straight edges and pieces of wall grow in them.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 2.
# > The same trick turns a scribble into a painting in many programs: they begin late.

# %% [markdown]
# ## Recap
#
# 1. A flow learns the mean velocity of straight paths; on the way the noise decides.
# 2. A training step asks for a straight line's velocity; Euler looks once per step, Heun twice.
# 3. L1 answers with fog, pix2pix with one house, a flow with many; guidance weighs the drawing.
#
# Now you: [exercises](exercises/10_flow_matching.ipynb).
# References: Lipman et al., *Flow matching*, 2023, eq. 20 to 23; Liu et al., *Flow straight and fast*, 2023, eq. 1; Ho and Salimans, *Classifier-free guidance*, 2022, eq. 6; Esser et al., *Scaling rectified flow transformers*, 2024, eq. 19.

# %%
import time

start = time.perf_counter()
flow.generate(network, drawings[:1], SEED, guidance=flow.GUIDANCE)
ours["seconds_per_picture"] = time.perf_counter() - start
ours["texture_distance_truth"] = rivals["truth"].pop("texture_distance")  # no baseline: a limit
named = {"pix2pix": rivals["pix2pix"], "l1": rivals["L1"], "truth": rivals["truth"]}
bets.score()
results.record(run, ours, missed["live"], named)
results.must_beat(run, missed["live"], {"each pixel alone": missed["each pixel alone"]}, "loss")

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 2.
# > What of your own would you rather have four answers to?
