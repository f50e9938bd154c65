# %% [markdown]
# # Colour it: from grey to plausible colours
#
# A black-and-white picture keeps how light everything was, and forgets its colours: some of them a network can know, others nobody can.
#
# ![Pictures, one per row: grey, coloured by an autoencoder, by a GAN, by classes, and as they were.](pictures/05_colorization.png)
#
# - **Time**: 45 minutes to read, 42 of them without what is optional; about a minute to run on a CPU.
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
from course_utils import images, metrics, paths, profile, results
from course_utils.data import colorization as data
from course_utils.models import colorization as models
from course_utils.teach import Bets, your_picture
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
from course_utils.show import show_images, tell

world = {"synthetic": "people"}

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
# `mad` is a picture's mean absolute difference in RGB: the least, the mean and the largest over the test pictures.
# `colourfulness` (Hasler and Süsstrunk, 2003) is divided by the truth's: its aim is 1, not more, for blotches raise it, too.
# `objects` is the same number, measured only where grey can't tell: on clothes, headwear, a landscape's bright thing; on the middle of a photograph.

# %%
def score(name, made):
    return metrics.colour_scores(truths[name], made, [item.ambiguous for item in tests[name]])

def table(of):
    tell({f"{world.get(name, name)}: {kind}": row for name in names for kind, row in of[name].items()})

learned_from = np.stack([images.resize(item.picture, (64, 64)) for item in seen])
stupid = {name: {"grey": data.grey(truth), "mean colour": data.mean_colour(learned_from, truth)}
          for name, truth in truths.items()}
baselines = {name: {kind: score(name, made) for kind, made in stupid[name].items()} for name in names}
table(baselines)
bets.reveal("grey", np.mean([baselines[name]["grey"]["mad_mean"] for name in names]))

# %% [markdown]
# ### What grey cannot tell

# %% tags=["hide"]
from drawn_worlds.landscapes import COLOURS, landscape

shipped = DATASET in data.WORLDS and PROFILE == "quick"

def said(claim):  # what the text says of the course's own pictures and networks holds in this run, too
    assert claim or not shipped

balloons = [landscape(1_000_001, side, object="balloon", colour=number) for number in range(8)]
eight, mask = np.stack([each.photo for each in balloons]), balloons[0].object_mask
greys = data.grey(eight)
said(np.abs(greys - greys[0]).max() < 0.02)  # one grey picture for all eight
show_images([*eight, greys[0]], [*COLOURS, "each in grey"], columns=5,
            alt="One landscape with a balloon in eight colours, and the grey picture that all eight share.")

# %% [markdown]
# Eight balloons have one grey picture: whatever a network answers to it, it is right for one of the eight at most.

# %% [markdown]
# ### The best answer to all eight
#
# The squared error is least for the **mean** of $a^*$ and of $b^*$ over all that is plausible, the absolute error (L1) for the **median**.
# Vivid colours lie on all sides of grey, so both are dull.

# %% tags=["hide"]
labs = images.rgb_to_lab(eight)
answers = {"mean (L2)": labs.mean(axis=0), "median (L1)": np.median(labs, axis=0)}
far = lambda lab: np.linalg.norm((labs - lab)[:, mask, 1:], axis=-1).mean(axis=1)  # from each of the eight
mean, median, grey = map(far, (*answers.values(), labs[0] * [1, 0, 0]))
said(all((mean > grey)[3:6]) and all((median > grey)[3:6]) and [*COLOURS][3:6] == ["green", "teal", "blue"])
answers = {name: images.lab_to_rgb(lab) for name, lab in answers.items()}
around = np.s_[: side // 2, side // 8 : 5 * side // 8]
show_images([each[around] for each in (eight[5], *answers.values())], ["one of the truths", *answers], height=4.1,
            alt="A blue balloon, and two dull ones: the mean of eight colours and their median.")
dull = metrics.colour_scores(eight, [answers["median (L1)"]] * 8, [mask] * 8)["objects"]
print(f"The median balloon is {dull:.2f} times as colourful as the eight are.")

# %% [markdown]
# Their average error is least, and they fit none: plain grey is nearer to green, teal and blue balloons.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 10.
# > Lightness is given to whoever colours, so plain grey starts with a PSNR that isn't bad; let the room remember it for the table with the networks.
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
watched = truths[names[-1]][2 % len(tests[names[-1]])]

def look(model):
    answer = models.colour(training.network_of(model), watched[None])[0]
    return [data.grey(watched), answer, watched], ["grey", "answer", "truth"]

# %% [markdown]
# ### Watch it learn

# %%
from course_utils.show.live import Live

live = Live(run.steps, lambda: look(live.model), keep="05_autoencoder",
            alt="The loss falls; a grey picture takes colours, beside it the true ones.")
trained = training.train(example, run.steps, SEED, s, callbacks=[live], begin=begun("autoencoder"))

# %% [markdown]
# What is large and known by its texture takes its colour first, such as a sky or a meadow.

# %% [markdown]
# ### A discriminator for portions
#
# A **discriminator** sees $L^*$ with colours, and says if they are real: **d0** in the uncut picture, by windows that overlap, **d4** and **d8** in 4×4 and 8×8 portions.

# %% tags=["hide"]
from course_utils.show import show_figure
from course_utils.show.portions_way import portions_way

show_figure(portions_way(greys[0], eight[5], answers["median (L1)"]),
            alt="Grey enters the generator, colours come out; the discriminator sees grey with colours, "
                "real or fake: uncut, in 4 by 4 portions, or in 8 by 8.")
sees = {name: models.portion_seen(name, side) for name in models.PORTIONS}
print(f"Of {side} pixels along a side one answer of D sees:", *(f"{name} {n}," for name, n in sees.items()),
      f"and of 64 d0 {models.portion_seen('d0', 64)}")

# %% [markdown]
# No portion knows its neighbours: d8 can't ask for the same colour on both halves of a balloon.

# %% [markdown]
# ### Two losses, two weights
#
# The generator minimises $w_{\mathrm{adv}} L_{\mathrm{GAN}} + w_{\mathrm{pix}} L_1$; the thesis takes $[20, 80]$ for twelve GANs, and tries $[1, 99]$ and $[35, 65]$ for the best one; our own choice is d4 with $[5, 95]$.
# Only the ratio matters: $[20, 80]$ is pix2pix with $\lambda = 4$, where its paper has 100.

# %%
s = settings["gan"]
playing = Live(run.steps, lambda: look(playing.model), parts=("l1", "gan"), keep="05_gan",
               alt="The losses of a GAN; a grey picture takes pale colours, beside it the true ones.")
print(f"{s.discriminator}; loss = {s.weights[0]} gan + {s.weights[1]} l1, drawn without these weights")
played = training.train(training.Colours(seen, s.generator), run.steps, SEED, s,
                        callbacks=[playing], begin=begun("gan"))

# %% [markdown]
# The colours are pale: a game of two networks isn't settled after so few steps.

# %% [markdown]
# ### The ruler and the eye
#
# From here on the networks are those that the course ships; they learned longer, from 1,000 or 2,000 people and as many landscapes, none of which tests, and the GAN began as the autoencoder.
# With a folder of photographs as `DATASET` all began as those and learned on.

# %%
from functools import cache

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
chosen = [(names[0], 6), (names[-1], 8)]
chosen = [*dict.fromkeys((name, number % len(tests[name])) for name, number in chosen)]
columns = {"grey": {name: both["grey"] for name, both in stupid.items()}}
columns |= {title: made_by(name) for name, title in kinds.items()} | {"truth": truths}
show_images([column[name][number] for name, number in chosen for column in columns.values()],
            list(columns), columns=len(columns),
            alt="Pictures, one per row: grey, coloured by an autoencoder, by a GAN, by classes, and as they were.")
said(metrics.colourfulness(look(played)[0][1]) < metrics.colourfulness(watched))  # pale

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
# Look for the least `mad_mean`, and for the `objects` nearest to 1, since more than 1 is too colourful.

# %%
scores = {name: {kind: score(name, made_by(kind)[name]) for kind in kinds} for name in names}
table({name: baselines[name] | {kinds[kind]: row for kind, row in scores[name].items()} for name in names})
for name, of in scores.items():
    least, dull = (min(of, key=lambda kind: of[kind][key]) for key in ("mad_mean", "objects"))
    near = min(of, key=lambda kind: abs(of[kind]["objects"] - 1))
    print(f"{world.get(name, name)}: least error by {kinds[least]}, objects nearest to 1 by {kinds[near]}")
    said(least == dull == "autoencoder")

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
live_scores = {kind: score(DATASET, models.colour(live_ones[kind], truths[DATASET])) for kind in live_ones}
print("mad_mean of those that you watched:", *(f"{kinds[kind]} {each['mad_mean']:.3f}" for kind, each in live_scores.items()))

# %% [markdown]
# The error is least where little is coloured or grey tells the colour, as of snow and sky, and largest where grey keeps a large secret, such as fair hair or the season.

# %% [markdown]
# ### Twenty-one networks

# %% tags=["hide"]
import json

row = {one["name"]: one["metrics"] for one in json.loads((paths.EVIDENCE / "05.json").read_text())["runs"]}
sheet, order = images.read_image(paths.EVIDENCE / "05_matrix.jpg"), ["truth", "grey", *row]
high, wide = len(sheet) // -(-len(order) // 2), sheet.shape[1] // 2  # of a line; the sheet has two columns
lines = sheet.reshape(-1, high, 2, wide, 3).transpose(2, 0, 1, 3, 4).reshape(-1, high, wide, 3)
lines = dict(zip(order, lines[:, :, -8 * high :]))  # without the names
large = ["truth", "unet learned", "encoder_decoder learned", *(f"unet learned {d} [20, 80]" for d in models.PORTIONS)]
show_images([lines[name][:, at : at + high] for at in (0, 5 * high) for name in large],
            [name.replace(" ", "\n", 1) for name in large], columns=len(large),
            alt="A portrait and a landscape: the truth, and the answers of two autoencoders and of three GANs.")

# %% [markdown]
# Six rows of `data/evidence/05_matrix.jpg`, which has all 21, each after equally many steps at 64×64.
# Eighteen are the thesis': four autoencoders, twelve GANs, and one of these with $[1, 99]$ and $[35, 65]$; its nineteenth has weights that it doesn't name.
# Three are ours: $[5, 95]$, here with d8, `rgb`, which answers in RGB, and `40 pictures`, which learned from a tenth.

# %% [markdown]
# ### What colour costs

# %% tags=["hide"]
from course_utils.show.colour_cost import colour_cost

assert len(row) == 21 and len(twelve := [name for name in row if "[20, 80]" in name]) == 12
bolder = [f"unet learned d8 {list(weights)}" for weights in sorted(training.WEIGHTS)]
for dataset, key in ((dataset, key) for dataset in data.WORLDS for key in ("mad_mean", "objects")):
    number = lambda name: row[name][dataset][key]
    assert all(number(name) > number(" ".join(name.split()[:2])) for name in twelve)
    assert [*map(number, bolder)] == sorted(map(number, bolder))
assert max(each["synthetic"]["objects"] for each in row.values()) > 1 > max(each["landscapes"]["objects"] for each in row.values())
show_figure(colour_cost(row, bolder, {key: world.get(key, key) for key in data.WORLDS}),
            alt="Error against the colourfulness of objects, with a line at the truth's: each GAN has more of both than its autoencoder.")

# %% [markdown]
# Each of the twelve GANs errs more than its generator's autoencoder, and has more colourful objects: for people some are too colourful, for landscapes none is enough.
# Along the dashed line, `unet learned d8`, the adversarial weight grows, and error and colour with it.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 19.
# > While it trains: why can skips do no harm here, where source and target share nearly every edge?
# > Ask what d8 cannot see: one half of the balloon red, the other blue.
# > Vote by hand, ten rounds, before the table is shown: the room's tally against the table is the point of the lesson.
# > Ask which of the networks they would ship, then look for it in the plot.

# %% [markdown]
# ## A colour is a choice
#
# A **distribution** over bins of $a^*$, $b^*$ can say "red or blue" (Zhang, Isola and Efros, 2016).

# %% tags=["hide"]
import ipywidgets
from course_utils.show import play
from course_utils.show.colour_plane import colour_plane

spots = {"balloon": mask, "meadow": balloons[0].regions == 5, "sky": balloons[0].regions == 0}
spots = {name: data.deepest(where) for name, where in spots.items()}
likely = models.distribution(coloured_by("classes"), eight[:1])[0]  # (side/4, side/4, Q)

play(lambda place: colour_plane(greys[0], spots[place], likely),
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
whose = f"the objects ({world.get(DATASET, DATASET)})"
bets.ask("hint", f"A person gives one hint: which share of the colour error of {whose} is left?", 0, 1)

# %% [markdown]
# ### Choose a temperature

# %% tags=["hide"]
tempered = [truth.take(range(2, 2 + 2 // len(names)), axis=0, mode="wrap") for truth in truths.values()]
tempered = np.concatenate([*tempered, eight[:1]])

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

place = (spots["balloon"] + 0.5) / side

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
# The network learned from random dabs of the true colours: none, few, or many.
# Each test picture's object, as in `objects`, gets one dab of its true mean colour, a fortieth of the side wide.
# The error is the distance of the object's mean $a^*$, $b^*$ from the same true mean: whoever copied the dab all over the object would be at 0.
# So it says how far the dab's colour reaches, not whether the object's own shades are right.

# %%
def object_errors(name, hinted):
    items, truth = zip(*((item, p) for item, p in zip(tests[name], truths[name]) if item.ambiguous.any()))
    hints = [[data.hint(item)] if hinted else [] for item in items]
    made = models.colour(coloured_by("hints"), np.stack(truth), hints)
    return [metrics.colour_error(*both, item.ambiguous) for *both, item in zip(truth, made, items)]

errors = {name: [np.mean(object_errors(name, hinted)) for hinted in (False, True)] for name in names}
for name, (without, given) in errors.items():
    print(f"{world.get(name, name)}: error {without:.1f} without a hint and {given:.1f} with one;",
          f"the dab takes {1 - given / without:.0%} of it away.")
    said(given < without / 2)
bets.reveal("hint", errors[DATASET][1], errors[DATASET][0])

# %% [markdown] tags=["optional"]
# ### After the network
#
# A **guided filter** smooths $a^*$ and $b^*$, and stops where $L^*$ has an edge; then both are made stronger.

# %% tags=["hide"]
from course_utils import postprocess

name, number = chosen[-1]
raw, true = made_by("gan")[name][number], truths[name][number]

def after(radius, saturation):
    made = postprocess.smooth_chroma(raw, radius) if radius else raw
    return [raw, postprocess.saturated(made, saturation), true], ["the GAN's", "afterwards", "truth"], 3, 4.1

play(after, alt="A picture coloured by the GAN, the same smoothed and with stronger colours, and the truth.",
     radius=ipywidgets.IntSlider(2, min=0, max=8), saturation=ipywidgets.FloatSlider(1.2, min=0, max=2));

# %% [markdown]
# Fine blotches vanish, the large orange ones stay; a large radius takes small coloured things, too.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 3.
# > Let the room choose the radius: what goes first, the orange meadow or the flowers?

# %% [markdown]
# ### Photographs from elsewhere

# %% tags=["hide"]
from course_utils.data.photographs import PHOTOGRAPHS, photographs

wanted = ["astronaut", "chelsea", "coffee", "camera"]
strangers = photographs(side)[[PHOTOGRAPHS.index(name) for name in wanted]]
by = [models.colour(coloured_by(kind), strangers) for kind in ("autoencoder", "gan")]
show_images([picture for three in zip(*by, strangers) for picture in three], ["autoencoder", "GAN", "truth"] * 2,
            columns=6, alt="Four photographs: coloured by the autoencoder and by the GAN, and as they were.")

# %% [markdown]
# What a network never saw gets a colour of what it did see; the course's networks have seen drawings only.
# The last picture is grey by nature.

# %% [markdown]
# ### Your picture, with a hint

# %% tags=["hide"]
you = your_picture(256)

def yours(colour, y, x):
    made = models.colour(coloured_by("hints"), np.stack([you, you]), [[], [(y, x, to_rgb(colour))]])
    images.write_image(paths.WORK / "me_coloured.png", made[1])
    return [data.grey(you), *made], ["you, in grey", "without a hint", "with your hint"], 3, 4.1

where = {axis: ipywidgets.FloatSlider(at, min=0, max=1, step=0.02) for axis, at in (("y", 0.58), ("x", 0.2))}
play(yours, alt="Your picture or its stand-in, in grey, coloured, and coloured with your hint.",
     colour=ipywidgets.ColorPicker(value="#d06a10"), **where);

# %% [markdown]
# Kept as `work/me_coloured.png`; an old photograph of your family as `work/me.jpg` works, too.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 10.
# > Ask for the distribution over a tomato, over a car, over a wall: which of them has one cluster?
# > Let somebody from the room choose the colour.
# > The course's demo page (`make serve`) takes hints by mouse.
# > Ask what it means to colour a historical photograph: whose guess will people remember as the truth?

# %% [markdown]
# ## Recap
#
# 1. The network is given $L^*$ and answers $a^*$ and $b^*$; one constant scales both ways.
# 2. The mean or median of plausible colours is dull; a discriminator punishes dull colours, classes keep the plausible colours apart, a hint chooses one.
# 3. The error prefers careful networks, colourfulness bold ones and even blotches, and the eye what is plausible: none of them replaces the others.
#
# Left to explore: a video coloured frame by frame flickers, since each frame is guessed anew; ProGAN, which grows a GAN from small pictures to large ones.
# Now you: [exercises](exercises/05_colorization.ipynb).
# References: Zhang, Isola, Efros, 2016, eq. 2 to 5; Isola et al., 2017; Zhang et al., 2017, section 3; Hasler, Süsstrunk, 2003; He, Sun, Tang, *Guided image filtering*, 2013.
# The thesis' figures are quoted from unpublished slides.

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
