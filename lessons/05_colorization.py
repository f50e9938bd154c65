# %% [markdown]
# # Colour it: from grey to plausible colours
#
# A black-and-white picture keeps how light everything was, and forgets its colours: some of them a network can know, others nobody can.
#
# ![Pictures, one per row: grey, coloured by an autoencoder, by a GAN, by classes, and as they were.](pictures/05_colorization.png)
#
# - **Time**: 45 minutes to read; about a minute to run on a CPU.
# - **You need**: lesson 02 (U-Net, discriminator, L1).
# - **Data**: portraits and landscapes drawn by the course (CC BY 4.0), or a folder of photographs.

# %% [markdown]
# ## Objectives
#
# 1. Split a picture into lightness and colour, and say what a network that colours takes and gives.
# 2. Say why the average of plausible colours is dull, and what discriminators, classes and hints do about it.
# 3. Compare networks by error, by colourfulness and by eye, and say what each of them misses.

# %% tags=["parameters"]
PROFILE = "quick"
DATASET = "synthetic"
SEED = 0
STEPS = None
TEST_DATA = None

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 1.
# > Bring an old black-and-white photograph: which of its colours does the room know, and how?

# %% [markdown]
# ## Lightness and colour
#
# People and landscapes, drawn by the course; no network learns from those that test.

# %%
import numpy as np
from course_utils import images, metrics, profile, results
from course_utils.data import colorization as data
from course_utils.models import colorization as models
from course_utils.teach import Bets
from course_utils.training import colorization as training
run = profile.start("05", PROFILE, DATASET, SEED, STEPS, TEST_DATA)
side = {"quick": training.SHIPPED, "full": training.FULL}[PROFILE]["gan"].side
names = list(data.WORLDS) if DATASET in data.WORLDS else [DATASET]
sets = {name: data.load(name, run.test_data, side) for name in names}
most = 100 if PROFILE == "quick" and len(names) > 1 else None  # of a folder, all
seen = [item for train, _ in sets.values() for item in train[:most]]
tests = {name: test for name, (_, test) in sets.items()}
data.draw(sum(tests.values(), seen))
truths = {name: np.stack([item.picture for item in test]) for name, test in tests.items()}
print(len(seen), "pictures to learn from,", sum(map(len, tests.values())), "others to test on")
(bets := Bets()).ask("grey", "Mean absolute difference of a picture and its grey version?", 0, 0.4)

# %% [markdown]
# ### L\*, a\* and b\*

# %% tags=["hide"]
from course_utils.show import show_images

def planes(picture):
    L, a, b = np.moveaxis(images.rgb_to_lab(picture), -1, 0)
    flat = lambda a, b: images.lab_to_rgb(np.stack([np.full_like(L, 65), a, b], axis=-1))
    return [picture, L / 100, flat(a, 0 * b), flat(0 * a, b)]

two = [truths[name][number % len(tests[name])] for name, number in ((names[0], 6), (names[-1], 1))]
show_images([*planes(two[0]), *planes(two[1])], ["the picture", "L*: lightness", "a*: green to red", "b*: blue to yellow"],
            columns=4,
            alt="Two pictures, their lightness in grey, their a* in greens and reds, their b* in blues and yellows.")

# %% [markdown]
# Most details are in $L^*$: a network that is given it has to answer only $a^*$ and $b^*$, which are softer.

# %% [markdown]
# ### What needs no network
#
# **Grey** leaves the colours out; **mean colour** is a table: for each lightness, the mean $a^*$, $b^*$ of training pixels.
# `mad` is the mean absolute difference in RGB; `colourfulness` (Hasler and Süsstrunk, 2003) is 1 where it is the truth's.
# `objects` is the colourfulness of what grey can't tell: clothes, headwear, a landscape's bright thing; the middle of a photograph.

# %%
from course_utils.show import tell

def score(name, made):
    return metrics.colour_scores(truths[name], made, [item.ambiguous for item in tests[name]])

learned_from = np.stack([images.resize(item.picture, (64, 64)) for item in seen])
stupid = {name: {"grey": data.grey(truth), "mean colour": data.mean_colour(learned_from, truth)}
          for name, truth in truths.items()}
baselines = {name: {kind: score(name, made) for kind, made in stupid[name].items()} for name in names}
world = {"synthetic": "people"}
tell({f"{world.get(name, name)}: {kind}": numbers
      for name in names for kind, numbers in baselines[name].items()})
bets.reveal("grey", baselines[DATASET]["grey"]["mad_mean"])

# %% [markdown]
# ### What grey cannot tell

# %% tags=["hide"]
from drawn_worlds.landscapes import COLOURS, landscape

balloons = [landscape(1_000_001, side, object="balloon", colour=number) for number in range(8)]
eight, mask = np.stack([each.photo for each in balloons]), balloons[0].object_mask
greys = data.grey(eight)
assert np.abs(greys - greys[0]).max() < 0.02  # one grey picture for all eight
show_images([*eight, greys[0]], [*COLOURS, "each in grey"], columns=5,
            alt="One landscape with a balloon in eight colours, and the grey picture that all eight share.")

# %% [markdown]
# Eight balloons have one grey picture: whatever a network answers to it, it is right for one of the eight at most.

# %% [markdown]
# ### The best answer to all eight
#
# The squared error is least for the **mean** of $a^*$ and of $b^*$ over all that is plausible, the absolute error (L1) for the **median**.

# %% tags=["hide"]
labs = images.rgb_to_lab(eight)
answers = {"mean (L2)": labs.mean(axis=0), "median (L1)": np.median(labs, axis=0)}
answers = {name: images.lab_to_rgb(lab) for name, lab in answers.items()}
around = np.s_[: side // 2, side // 8 : 5 * side // 8]
show_images([each[around] for each in (eight[5], *answers.values())], ["one of the truths", *answers], height=4.1,
            alt="A blue balloon, and two dull ones: the mean of eight colours and their median.")
dull = metrics.colour_scores(eight, [answers["median (L1)"]] * 8, [mask] * 8)["objects"]
print(f"The median balloon is {dull:.2f} times as colourful as the eight are.")

# %% [markdown]
# Vivid colours lie on all sides of grey, so their middle is dull: it is never far off, and never right.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 10.
# > PSNR and SSIM in RGB hardly notice missing colours either: lightness is given to whoever colours.
# > The whole lesson in one picture: let the room say what *they* would answer to the grey balloon, and why.

# %% [markdown]
# ## Autoencoders and GANs
#
# The lesson follows a thesis, which has four **autoencoders**: a `unet`, or an `encoder_decoder`, which lacks the skips; each with a way up that is `learned` (transposed convolutions) or `interpolated`.
# They are lesson 02's generators with one plane in and two planes out; the loss is L1.
#
# Networks prefer numbers in [-1, 1]: $L^*$ runs from 0 to 100 and goes in as $L^*/50 - 1$; no colour of sRGB has $|a^*|$ or $|b^*|$ over 110, and $a^*/110$, $b^*/110$ come out.
# If training divides by 110 and inference multiplies by 128, all colours come out too strong and no error is raised, so the course keeps one constant.

# %%
tuned = DATASET not in data.WORLDS and PROFILE == "quick"  # photographs: the shipped networks go on
settings = training.TUNED if tuned else {"quick": training.QUICK, "full": training.FULL}[PROFILE]
begun = lambda name: models.load(name) if tuned else None
s = settings["autoencoder"]
example = training.Colours(seen, s.generator)
grey, target = example(np.random.default_rng(SEED))
print("one example:", grey.shape, "to", target.shape, f"L from {grey.min():.2f} to {grey.max():.2f}")

# %% [markdown]
# ### Watch it learn

# %%
from course_utils.show.live import Live

watched = [truth.take(range(2, 2 + 2 // len(names)), axis=0, mode="wrap") for truth in truths.values()]
watched = np.concatenate(watched)
look = lambda model: [*models.colour(training.network_of(model), watched)]
live = Live(run.steps, lambda: look(live.model), keep="05_autoencoder",
            alt="The loss falls; grey pictures take colour.")
trained = training.train(example, run.steps, SEED, s, callbacks=[live], begin=begun("autoencoder"))

# %% [markdown]
# What is large and known by its texture takes its colour first, such as a sky or a meadow.

# %% [markdown]
# ### A discriminator for portions
#
# A **discriminator** sees $L^*$ with colours, and says if they are real: **d0** in the whole picture, **d4** and **d8** in 4×4 and 8×8 portions.

# %% tags=["hide"]
from course_utils.show import show_figure
from course_utils.show.portions_way import portions_way

show_figure(portions_way(greys[0], eight[5], answers["median (L1)"]),
            alt="Grey enters the generator, colours come out; the discriminator sees grey with colours, "
                "real or fake: whole, in 4 by 4 portions, or in 8 by 8.")
sees = {name: models.portion_seen(name, side) for name in models.PORTIONS}
print("Pixels along a side that one answer of D sees:", *(f"{name} {pixels}" for name, pixels in sees.items()))

# %% [markdown]
# No portion knows its neighbours: d8 can't ask for the same colour on both halves of a balloon.

# %% [markdown]
# ### Two losses, two weights
#
# The generator minimises $w_{\mathrm{adv}} L_{\mathrm{GAN}} + w_{\mathrm{pix}} L_1$; the thesis takes $[20, 80]$ for twelve GANs, and tries $[1, 99]$ and $[35, 65]$ for the best one; here it is $[5, 95]$, our choice.
# Only the ratio matters: $[20, 80]$ is pix2pix with $\lambda = 4$, where its paper has 100.

# %%
s = settings["gan"]
playing = Live(run.steps, lambda: look(playing.model), parts=("l1", "gan"), keep="05_gan",
               alt="The losses of a GAN; grey pictures take strong colours.")
played = training.train(training.Colours(seen, s.generator), run.steps, SEED, s,
                        callbacks=[playing], begin=begun("gan"))

# %% [markdown]
# A game of two networks isn't settled after so few steps.
# The course ships networks that learned longer, from 1,000 or 2,000 people and as many landscapes, none of which tests; its GAN began as the autoencoder.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 9.
# > While it trains: why can skips do no harm here, where source and target share every edge?
# > Ask what d8 cannot see: one half of the balloon red, the other blue.

# %% [markdown]
# ## The ruler and the eye
#
# From here on the networks are those that the course ships.
# With a folder of photographs as `DATASET` all began as those and learned on: the two above, and two more as soon as they are needed.

# %%
from functools import cache

shipped = DATASET in data.WORLDS and PROFILE == "quick"
kinds = {"autoencoder": "autoencoder", "gan": "GAN", "classes": "classes"}
live_ones = {"autoencoder": trained, "gan": played}

@cache
def coloured_by(name):
    if shipped:
        return models.load(name)
    if name in live_ones:
        return live_ones[name]
    s = settings[name]
    return training.train(training.Colours(seen, s.generator), run.steps, SEED, s, begin=begun(name))

@cache
def made_by(name):
    return {each: models.colour(coloured_by(name), truth) for each, truth in truths.items()}

# %% [markdown]
# ### Grey, three networks, truth

# %% tags=["hide"]
chosen = [(names[0], 6), (names[-1], 2), (names[-1], 8)]
chosen = [*dict.fromkeys((name, number % len(tests[name])) for name, number in chosen)]
columns = {"grey": {name: both["grey"] for name, both in stupid.items()}}
columns |= {title: made_by(name) for name, title in kinds.items()} | {"truth": truths}
show_images([column[name][number] for name, number in chosen for column in columns.values()],
            list(columns), columns=len(columns),
            alt="Pictures, one per row: grey, coloured by an autoencoder, by a GAN, by classes, and as they were.")

# %% [markdown]
# L1 alone makes the autoencoder careful, its discriminator makes the GAN bolder; **classes** are a third way, which we open below.

# %% [markdown]
# ### Which one is real?
#
# In such votes the colours of Zhang, Isola and Efros were taken for real 27.8 % of the time, those of pix2pix 22.5 % (Isola et al., 2017).

# %%
from course_utils.teach.vote import vote

everything = lambda pictures: np.concatenate([pictures[name] for name in names])
vote(everything(truths), {title: everything(made_by(name)) for name, title in kinds.items()}, seed=SEED);

# %% [markdown]
# ### Which does the ruler prefer?
#
# In the thesis it is the autoencoder: portraits .037 (GAN .042), landscapes .083 (GAN .087).
# Look for the least `mad_mean`, and for the most colourful `objects`.

# %%
scores = {name: {kind: score(name, made_by(kind)[name]) for kind in kinds} for name in names}
live_scores = {kind: score(DATASET, models.colour(live_ones[kind], truths[DATASET])) for kind in live_ones}
tell({f"{world.get(name, name)}: {kinds.get(kind, kind)}": numbers
      for name in names for kind, numbers in (baselines[name] | scores[name]).items()})
print("watched above:", *(f"{kinds[kind]} {each['mad_mean']:.3f}" for kind, each in live_scores.items()))
for key, of in ((key, of) for key in ("mad_mean", "objects") for of in scores.values() if shipped):
    assert min(of, key=lambda kind: of[kind][key]) == "autoencoder"

# %% [markdown]
# ### The autoencoder's best and worst

# %% tags=["hide"]
extremes, columns = [], [(name, what) for name in names for what in ("grey", "autoencoder", "truth")]
for end in (0, -1):
    for name in names:
        made, truth = made_by("autoencoder")[name], truths[name]
        number = np.argsort(np.abs(made - truth).mean(axis=(1, 2, 3)))[end]
        extremes += [stupid[name]["grey"][number], made[number], truth[number]]
show_images(extremes, [what for _, what in columns], columns=len(columns), rows=["least error", "largest error"],
            height=3.6, alt="The test pictures with the least and with the largest error: grey, coloured, and as they were.")

# %% [markdown]
# The error is least where little is coloured, and largest where grey keeps a large secret, such as fair hair or the season.

# %% [markdown]
# ### Nineteen networks

# %% tags=["hide"]
import json
from itertools import product
from course_utils import paths

runs = json.loads((paths.EVIDENCE / "05.json").read_text())["runs"]
row = {one["name"]: one["metrics"] for one in runs}
for name, key in product([name for name in row if "[20, 80]" in name], data.WORLDS):
    gan, plain = row[name][key], row[" ".join(name.split()[:2])][key]
    assert gan["mad_mean"] > plain["mad_mean"] and gan["objects"] > plain["objects"]
show_images([images.read_image(paths.EVIDENCE / "05_matrix.jpg")], height=11,
            alt="A contact sheet: the true pictures, the grey ones, and what each network of the matrix makes of them.")

# %% [markdown]
# The thesis' four autoencoders, twelve GANs and three with other weights, each after equally many steps at 64×64.
# Two are ours: `rgb` answers in RGB, `40 pictures` learned from a tenth.

# %% [markdown]
# ### What colour costs

# %% tags=["hide"]
from course_utils.show.figures import plt

marks = {"autoencoder": "s", "d0": "o", "d4": "^", "d8": "D", "rgb": "P", "40 pictures": "X"}
sort_of = lambda name: next((each for each in marks if each in name), "autoencoder")
figure, axes = plt.subplots(1, 2, figsize=(12.5, 5.2))
for axis, key in zip(axes, data.WORLDS):
    at = lambda names: zip(*((row[name][key]["mad_mean"], row[name][key]["objects"]) for name in names))
    for sort, mark in marks.items():
        axis.plot(*at(name for name in row if sort_of(name) == sort), mark, label=sort, markersize=11)
    axis.plot(*at(f"unet learned d8 {list(w)}" for w in sorted(training.WEIGHTS)), "k--", label="[1, 99] to [35, 65]")
    axis.set(title=world.get(key, key), xlabel="error: mad_mean", ylabel="colourfulness: objects", ylim=0)
axes[1].legend(frameon=False, ncols=2, loc="lower left")
show_figure(figure, alt="Error against the colourfulness of objects: autoencoders have little of both, GANs more.")

# %% [markdown]
# Each mark is a network of the sheet; each of the twelve GANs errs more than its generator's autoencoder, and has more colourful objects.
# Along the dashed line, `unet learned d8`, the adversarial weight grows, and error and colour with it.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 10.
# > Vote by hand, ten rounds, before the table is shown: the room's tally against the table is the point of the lesson.
# > Ask which row of the sheet they would ship, then look for it in the plot.

# %% [markdown]
# ## A colour is a choice
#
# Two numbers can't say "red or blue"; a **distribution** can (Zhang, Isola and Efros, 2016).

# %% tags=["hide"]
import ipywidgets
from course_utils.show import play
from course_utils.show.colour_plane import colour_plane

spots = {"balloon": mask, "meadow": balloons[0].regions == 5, "sky": balloons[0].regions == 0}
spots = {name: np.argwhere(where)[where.sum() // 2] for name, where in spots.items()}
likely = models.distribution(coloured_by("classes"), eight[:1])[0]  # (side/4, side/4, Q)

play(lambda place: colour_plane(greys[0], spots[place], likely[tuple(spots[place] * len(likely) // side)]),
     alt="A place in the grey picture, and how likely each colour is there.",
     place=ipywidgets.Dropdown(options=list(spots)));

# %% [markdown]
# Several clusters are several likely colours: compare the balloon with the meadow.

# %% [markdown]
# ### From a distribution to one colour
#
# The mean of the distribution is dull again; its likeliest class is vivid, and jumps from place to place.
# The **annealed mean** lies between: the mean under $\mathrm{softmax}(\mathrm{logits} / T)$; the paper takes $T = 0.38$.
#
# Most pixels are nearly grey, so vivid classes would hardly be learned: each pixel's loss has the weight of its class, $w \propto 1 / ((1 - \lambda) p + \lambda / Q)$, where $p$ is the share of the class, $Q$ the number of classes and $\lambda = 0.5$.

# %%
from course_utils.show import show_source

show_source(models.rebalanced, models.annealed_mean)
bets.ask("hint", "A person gives one hint: which share of an object's colour error is left?", 0, 1)

# %% [markdown]
# ### Choose a temperature

# %% tags=["hide"]
tempered = np.concatenate([watched, eight[:1]])

def at_temperature(T):
    titles = [*(f"test picture {number}" for number in range(1, len(tempered))), "a balloon"]
    return [*models.colour(coloured_by("classes"), tempered, temperature=T)], titles, 3, 4.17

play(at_temperature, alt="Pictures coloured at a temperature.",
     T=ipywidgets.SelectionSlider(options=[0.05, 0.2, 0.38, 0.7, 1.0, 2.0], value=0.38));

# %% [markdown]
# A low $T$ makes islands of strong colour, a high one greys everything.

# %% [markdown]
# ### Ask a person
#
# Three more planes take **hints**, dabs of colour: $a^*$, $b^*$ and "given here" (Zhang et al., 2017).

# %% tags=["hide"]
from matplotlib.colors import to_rgb

place = (np.argwhere(mask).mean(axis=0) + 0.5) / side  # in the middle of the balloon

def painted(colour):
    hints = [(*place, to_rgb(colour))]
    made = models.colour(coloured_by("hints"), greys[:2], [[], hints])
    return [greys[0], *made], ["grey", "without a hint", "with your hint"], 3, 4.3

play(painted, alt="A grey landscape with a balloon, coloured without a hint, and with the balloon as you chose.",
     colour=ipywidgets.ColorPicker(value="#d9302c"));

# %% [markdown]
# The dab's colour goes to pixels that are near, as light, and of its kind: those of the balloon.

# %% [markdown]
# ### How much does one hint tell?
#
# Each test picture's object, as in `objects`, gets one dab of its true mean colour, a fortieth of the side wide.
# The error is the distance of the object's mean $a^*$, $b^*$ from the true one.

# %%
def object_errors(name, hinted):
    items, truth = zip(*((item, p) for item, p in zip(tests[name], truths[name]) if item.ambiguous.any()))
    hints = [[data.hint(item)] if hinted else [] for item in items]
    made = models.colour(coloured_by("hints"), np.stack(truth), hints)
    return [metrics.colour_error(*both, item.ambiguous) for *both, item in zip(truth, made, items)]

errors = {name: [np.mean(object_errors(name, hinted)) for hinted in (False, True)] for name in names}
for name, (without, given) in errors.items():
    print(f"{world.get(name, name):<12} without a hint {without:5.1f}   with one {given:5.1f}")
    assert not shipped or given < without / 2
bets.reveal("hint", errors[DATASET][1], errors[DATASET][0])

# %% [markdown]
# ### After the network
#
# A **guided filter** smooths $a^*$ and $b^*$, and stops where $L^*$ has an edge; then both are made stronger.

# %% tags=["hide"]
from course_utils import postprocess

name, number = chosen[-1]
raw, true = made_by("gan")[name][number], truths[name][number]

def after(radius, saturation):
    made = postprocess.smooth_chroma(raw, radius) if radius else raw
    pictures = [raw, postprocess.saturated(made, saturation), true]
    return pictures, ["the GAN's", "afterwards", "truth"], 3, 4.1

play(after, alt="A picture coloured by the GAN, the same smoothed and with stronger colours, and the truth.",
     radius=ipywidgets.IntSlider(2, min=0, max=8), saturation=ipywidgets.FloatSlider(1.2, min=0, max=2));

# %% [markdown]
# Blotches vanish, and with a large radius the small coloured things.

# %% [markdown]
# ### Photographs from elsewhere

# %% tags=["hide"]
from course_utils.data.photographs import PHOTOGRAPHS, photographs

wanted = ["astronaut", "chelsea", "coffee", "rocket", "camera"]
strangers = photographs(side)[[PHOTOGRAPHS.index(name) for name in wanted]]
by = [models.colour(coloured_by(kind), strangers) for kind in ("autoencoder", "gan")]
show_images([*by[0], *by[1], *strangers], wanted, columns=5, rows=["autoencoder", "GAN", "truth"],
            alt="Five photographs: coloured by the autoencoder and by the GAN, and as they were.")

# %% [markdown]
# What a network never saw gets a colour of what it did see; the course's networks have seen drawings only.
# The last picture is grey by nature.

# %% [markdown]
# ### Your picture, with a hint

# %% tags=["hide"]
from course_utils.teach import your_picture

you = your_picture(256)

def yours(colour, y, x):
    made = models.colour(coloured_by("hints"), np.stack([you, you]), [[], [(y, x, to_rgb(colour))]])
    images.write_image(paths.WORK / "me_coloured.png", made[1])
    return [data.grey(you), *made], ["you, in grey", "without a hint", "with your hint"], 3, 4.1

where = {axis: ipywidgets.FloatSlider(0.7, min=0, max=1, step=0.02) for axis in "yx"}
play(yours, alt="Your picture or its stand-in, in grey, coloured, and coloured with your hint.",
     colour=ipywidgets.ColorPicker(value="#d06a10"), **where);

# %% [markdown]
# Kept as `work/me_coloured.png`; an old photograph of your family as `work/me.jpg` works, too.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 13.
# > Ask for the distribution over a tomato, over a car, over a wall: which of them has one cluster?
# > Let somebody from the room choose the colour.
# > The course's demo page (`make serve`) takes hints by mouse.
# > Ask what it means to colour a historical photograph: whose guess will people remember as the truth?

# %% [markdown]
# ## Recap
#
# 1. The network is given $L^*$ and answers $a^*$ and $b^*$; one constant scales both ways.
# 2. The mean or median of plausible colours is dull; a discriminator punishes dull colours, classes keep the plausible colours apart, a hint chooses one.
# 3. The error prefers careful networks, colourfulness bold ones, and the eye what is plausible: none of them replaces the others.
#
# Left to explore: a video coloured frame by frame flickers, since each frame is guessed anew; ProGAN, which grows a GAN from small pictures to large ones.
# Now you: [exercises](exercises/05_colorization.ipynb).
# References: Zhang, Isola, Efros, 2016, eq. 2 to 5; Isola et al., 2017; Zhang et al., 2017, section 3; Hasler, Süsstrunk, 2003; He, Sun, Tang, *Guided image filtering*, 2013.

# %%
bets.score()
ours = {f"{key}_{kind}": value for kind in kinds for key, value in scores[DATASET][kind].items()}
ours |= {"hint_error": errors[DATASET][1], "hint_error_without": errors[DATASET][0]}
live = {f"{key}_{kind}": each[key] for kind, each in live_scores.items()
        for key in ("mad_mean", "colourfulness")}
results.record(run, scores[DATASET]["autoencoder"] | ours, live, baselines[DATASET])
for ours in (live_scores["autoencoder"], scores[DATASET]["autoencoder"]):
    results.must_beat(run, ours, baselines[DATASET])

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 2.
# > Which other task has several right answers and a loss that averages them?
