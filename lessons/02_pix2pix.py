# %% [markdown]
# # Translate it: pix2pix
#
# A drawing of coloured areas goes in, and something like a photograph comes out.
#
# ![Rows of houses: the labels, what L1 makes of them, what L1 and a discriminator make, and the photograph.](pictures/02_pix2pix.png)
#
# - **Time**: 54 minutes to read, about a minute to run on a laptop CPU.
# - **You need**: lesson 01 (U-Net, IoU).
# - **Data**: houses drawn by the course (CC BY 4.0), or any folder of pairs side by side: `DATASET = "facades"`.

# %% [markdown]
# ## Objectives
#
# 1. Say why L1 and L2 blur, and what a discriminator adds.
# 2. Build the two networks of pix2pix and read what each sees.
# 3. Take one training step apart, and read the losses of a GAN.
# 4. Measure generated pictures, beside stupid baselines and the truth itself.

# %% tags=["parameters"]
PROFILE = "quick"
DATASET = "synthetic"
SEED = 0
STEPS = None
TEST_DATA = None

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 2.
# > Ask for jobs where someone draws regions and someone else paints them: maps, architecture, games.
# > The story of the lesson: many photographs fit one drawing, and a loss that wants the mean of them paints fog.

# %% [markdown]
# ## Labels to photographs
#
# Left is the input, right the answer: blue is wall, dark blue no house, other colours windows, doors, sills …
# The course draws the photographs, too; we still call them so.

# %%
from course_utils import profile
from course_utils.data import pix2pix as data
from course_utils.show import show_images
from course_utils.training import pix2pix as training

DIRECTION = "BtoA"  # "AtoB" if the input is the left half of a file
run = profile.start("02", PROFILE, DATASET, SEED, STEPS, TEST_DATA)
settings = {"quick": training.QUICK, "full": training.FULL}[PROFILE]
train, test = data.load(DATASET, DIRECTION, run.test_data, settings.side)
print(len(train), "pairs to learn from,", len(test), "others to test on")
show_images([picture for p in test[:3] for picture in (p.source_picture, p.target)],
            alt="Three label pictures of houses, and beside each its photograph.")

# %% [markdown]
# ### How to judge a picture that nobody took
#
# The bricks can't be the true ones: the labels don't say them.
# So we ask a **reader**: a U-Net as in lesson 01 that learned on photographs of other houses and names each pixel of ours.
# The pix2pix paper (Isola et al., 2017) calls this the **FCN-score**, after its reader, a fully convolutional network.

# %%
import numpy as np
from course_utils import losses, metrics
from course_utils.teach import Bets
from course_utils.models import facade_reader
from drawn_worlds import houses as facades

bets = Bets()
bets.ask("truth", "Mean IoU of what the reader reads on real photographs?", 0, 1, step=0.02)
labelled = DATASET == "synthetic"  # the reader knows drawn houses
reader = facade_reader.load()

# %% [markdown]
# ### What the reader reads, and what the eye minds
#
# - `fcn_pixel`: share of pixels named rightly; `fcn_iou`: mean IoU of the classes; `_thin`: of cornice, sill, molding and blind only.
# - `mae`: mean absolute difference, 0 is best; `ssim`: likeness of small windows, 1 is best.
# - `sharpness`: energy of pixel-to-pixel differences inside areas, over the true photographs': below 1 is blurred, above 1 too rough.
# - `grid_2`, `_4`, `_8`: how far a lattice of that period stands out in the mean spectrum; 1 is none.

# %%
truth, labels = np.stack([p.target for p in test]), [p.labels for p in test]

def score(pictures):
    lattice = {f"grid_{period}": metrics.grid(pictures, period) for period in (2, 4, 8)}
    if not labelled:
        return metrics.picture_scores(truth, pictures) | lattice
    read = facade_reader.read(reader, pictures)
    return (metrics.fcn_scores(labels, read, facades.CLASSES)
            | metrics.picture_scores(truth, pictures, labels) | lattice)

def tell(table):
    keys = list(next(iter(table.values())))
    print(" " * 14, *keys)
    for name, numbers in table.items():
        print(f"{name:<14}", *(f"{numbers[key]:{len(key)}.2f}" for key in keys))

# %% [markdown]
# ### The stupid baselines
#
# **Copied input**: the labels themselves, handed in as a photograph.
# **Mean colour**: each class in its mean colour over 100 training photographs.

# %%
made, seen = {"input": np.stack([p.source_picture for p in test])}, train[:100]
if labelled:
    made["mean colour"] = data.mean_colours(np.stack(labels), np.stack([p.labels for p in seen]),
                                            np.stack([p.target for p in seen]))
baselines = {name: score(pictures) for name, pictures in {**made, "truth": truth}.items()}
tell(baselines)
if labelled:
    bets.reveal("truth", baselines["truth"]["fcn_iou"])

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 9.
# > Cover the photographs and let the room describe it from the labels; then ask for the colour of the door.
# > Everyone bets before the numbers come; the truth's score says how good the reader is, not how good a picture can be.
# > The baseline that counts is the mean colour: right areas, no texture.

# %% [markdown]
# ## Why the mean is fog
#
# The same drawing fits a light house and a dark one, equally often.
# Which grey is the best answer?

# %%
import ipywidgets
import matplotlib.pyplot as plt
from course_utils.show import play

def expected(light):
    grey = np.linspace(0, 1, 101)  # what the network answers: 0 dark, 1 light
    figure, axis = plt.subplots(figsize=(7, 2.6))
    for name, power in (("L1", 1), ("L2", 2)):
        axis.plot(grey, light * (1 - grey) ** power + (1 - light) * grey**power, label=name)
    axis.set(xlabel="answered grey", ylabel="expected loss")
    axis.legend(frameon=False)
    return figure

# %% [markdown]
# ### Turn it
#
# How many of the houses are light?

# %% tags=["hide"]
play(expected, alt="Expected loss over the answered grey, for L1 a straight line, for L2 a parabola.",
     light=ipywidgets.FloatSlider(0.5, min=0, max=1, step=0.1));

# %% [markdown]
# ### Two wishes, and a critic that knows houses
#
# L2 wants the **mean**: a grey that no house has.
# L1 wants the **median**: at 50:50 any grey is as good, at 60:40 always the light one.
# For bricks, whose place nobody can know, both give one flat colour.
#
# $$\min_G \max_D\; \mathbb{E}_{x,y}[\log D(x, y)] + \mathbb{E}_{x}[\log(1 - D(x, G(x)))] + \lambda\, \mathbb{E}_{x,y}\lVert y - G(x)\rVert_1$$
#
# The **discriminator** $D$ sees labels $x$ and a photograph, and says whether it is the real one.
# Fog is found out at once; a sharp wall with wrong bricks isn't.
# Two networks against each other are a **GAN**, a generative adversarial network; since $D$ sees the labels too, it is conditional: **cGAN**.
# $\lambda$ keeps the colours near the truth.
#
# The paper: $\lambda = 100$, a critic of 70×70 pixels, dropout for noise, Adam with steps of $2 \cdot 10^{-4}$, $\beta_1 = 0.5$.
# This lesson: the same critic, a little narrower, $\lambda = 10$ throughout, and noise that is noise.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 7.
# > Pull the slider slowly over one half: the minimum of L1 jumps, that of L2 slides.
# > Conditional means that D sees the labels too: a beautiful house on the wrong lot must fail.
# > Equations 1 to 4 of the paper; leave out the condition and you have a plain GAN.

# %% [markdown]
# ## The generator
#
# A U-Net again, down to one pixel: at 128×128, seven halvings; then `fine`, one layer at full size, is ours.

# %%
import keras
from course_utils.models import layers, patchgan, pix2pix
from course_utils.show import show_source

houses = np.stack([p.source_picture for p in test])
show_source(pix2pix.generator)

# %% [markdown]
# ### Its parts
#
# **Instance norm**: each channel of each picture gets mean 0 and variance 1, then a learned scale and shift.
# The paper's batch norm, with one picture in the batch, computes the same.
# `down` is a `convolution` of stride 2; channels grow up to `cap` times `width`.

# %%
show_source(layers.convolution, layers.up, layers.instance_norm)

# %% [markdown]
# ### Where bricks come from
#
# A wall is one flat blue in the labels, and a convolution answers the same everywhere on a flat area: no brick begins anywhere.
# So the paper writes $G(x, z)$, where $z$ is noise: **dropout** in the first three layers up sets half of the numbers to 0 at random, at test, too.
# Ours adds Gaussian noise in every layer up, to each channel as much as it learns to (as StyleGAN does, 2019).

# %%
show_source(layers.Noise.call)

# %% [markdown]
# ### Twice the sides
#
# The paper doubles the sides by **transposed convolutions**: each number paints 4×4 pixels, 2 pixels apart, and what overlaps is added up.
# An even pixel gets other weights than an odd one.
# Three untrained layers, and a plain grey that goes in: what comes out?

# %%
show_source(layers.enlarged)
grey, ways = keras.Input((8, 8, 16)), {"transposed": True, "interpolated, then 3×3": False}
risen = []
for transposed in ways.values():
    x = grey
    for channels in (16, 16, 3):  # (1, 16, 16, 16), (1, 32, 32, 16), (1, 64, 64, 3)
        x = layers.enlarged(x, channels, transposed)
    risen.append(keras.Model(grey, x)(np.ones((1, 8, 8, 16), "float32"))[0, 16:48, 16:48].numpy())
shown = [np.clip(0.5 + (p - p.mean((0, 1))) / risen[0].std() / 5, 0, 1) for p in risen]
show_images(shown, list(ways), height=2.8,
            alt="A plain grey behind three transposed convolutions, a lattice; and interpolated, plain.")

# %% [markdown]
# On the left a lattice with periods 2, 4 and 8, before anything was learned; a training has to unlearn it, and doesn't quite (Odena et al., 2016).
# On the right every pixel gets the same weights, so grey stays grey.

# %% [markdown]
# ### One layer too many?
#
# Two untrained encoder-decoders, one with instance norm at its bottleneck of one pixel, too.
# How far apart are the answers to two houses?

# %%
from course_utils.exercises import pix2pix as mistakes

bets.ask("bug", "Mean difference of its answers to two houses, with the bug?", 0, 1, step=0.01)
networks = {"right": pix2pix.generator("encoder_decoder", settings.side),
            "bug": mistakes.norm_at_the_bottleneck("encoder_decoder", settings.side)}
two = [p.source_picture[None] for p in [*test, *train][:2]]
for name, untrained in networks.items():
    first, second = (pix2pix.translate(untrained, house) for house in two)
    print(f"{name:<6} two houses in, answers differ by {np.abs(first - second).mean():.5f}")
bets.reveal("bug", np.abs(first - second).mean())

# %% [markdown]
# One pixel minus its own mean is 0, so nothing of the input gets through: both houses get the same answer.
# A U-Net still has its skips, an encoder-decoder has nothing else.
# A well-known tutorial's U-Net has this layer; whoever removes its skips to compare the two measures the bug.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 8.
# > Count the halvings with the room: 128, 64, 32, 16, 8, 4, 2, 1.
# > The bug was in the paper's first code, and the authors amended it; ask how one could have noticed.

# %% [markdown]
# ## The discriminator
#
# It doesn't judge the whole picture: every number of its answer judges one **patch**, hence PatchGAN.
# With three halvings, as in the paper, that is 70×70 pixels: a window with its frame and the wall around it.
# Ours goes without instance norm, whose mean and variance look at the whole picture: a number would see more than its patch.

# %%
show_source(patchgan.patchgan)
for n in range(6):
    print(f"{n} halvings:", patchgan.receptive_field(patchgan.convolutions(n)), "pixels a side")

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 6.
# > Cut a square of 70 pixels out of paper and lay it on a projected picture: could you tell from that alone?
# > Fewer parameters, any size of picture, and many judgements from one picture.

# %% [markdown]
# ## One step, taken apart
#
# First the discriminator learns, then the generator, both from the same fake.
# **Jitter**: the paper enlarges 256×256 to 286×286 and cuts 256×256 out at random, mirrored or not; ours does so in proportion.

# %%
import tensorflow as tf
from course_utils.data.pairs import Jitter
from course_utils.data.pipeline import stream

jitter = Jitter(train, settings.side, **data.JITTER.get(DATASET, {}))
batches = stream(jitter, batch_size=1, seed=SEED)
x, y = next(iter(batches))  # labels, photograph: (1, 128, 128, 3) each, in [-1, 1]
model = training.build("unet_l1_cgan", settings)
fake = model.generator(x, training=True)
judged = model.discriminator(tf.concat([x, fake], axis=-1))  # labels and photograph, 6 channels
print("fake", fake.shape, "  one judgement a patch:", judged.shape)
bets.ask("iou", "FCN-IoU after the training below, as a share of the truth's?", 0, 1, step=0.05)

# %% [markdown]
# ### The discriminator's step
#
# A discriminator that can't tell says 0.5, and both its losses are $-\log 0.5 = 0.69$.
# The paper halves their sum; under Adam this changes next to nothing.
# For the few steps below we take **Muon**, an optimiser that needs fewer steps here; Adam works, too.

# %%
show_source(losses.adversarial_loss, training.Pix2Pix.train_discriminator)

# %% [markdown]
# ### The generator's step
#
# In the formula $G$ minimises $\log(1 - D)$; the code minimises $-\log D$ on the fakes, as the paper does.
# Both want the same, but where $D$ is sure of a fake, the slope of the first is almost 0.

# %%
show_source(training.Pix2Pix.train_step)
l1 = float(tf.reduce_mean(tf.abs(y - fake)))
print(f"L1 {l1:.3f} × {model.l1:.0f} = {l1 * model.l1:.1f},",
      f"fakes called real: {float(losses.adversarial_loss(judged, real=True)):.3f}")

# %% [markdown]
# ### Watch it learn
#
# At the start L1 is most of the loss; the discriminator's share is small, but only it asks for texture.
# Watch three houses that it never trains on.

# %%
from course_utils.show.live import Live

watch = lambda: list(pix2pix.translate(model.generator, houses[:3]))
live = Live(run.steps, watch, alt="The generator's loss falls; three generated houses.")
model.fit(batches, steps_per_epoch=run.steps, shuffle=False, callbacks=[live], verbose=0);

# %% [markdown]
# ### Reading the losses
#
# They don't say how good the pictures are: each network is measured by the other, and both get better.
# `d_real` and `d_fake` near 0.69 mean that $D$ can't tell; near 0, that $D$ has won and $G$ learns little.

# %%
translated = pix2pix.translate(model.generator, houses)

def judged_loss(photographs, real):
    both = np.concatenate([houses[:20], photographs[:20]], -1) * 2 - 1
    return float(losses.adversarial_loss(model.discriminator(both), real))

print(f"test pairs: d_real {judged_loss(truth, True):.2f}   d_fake {judged_loss(translated, False):.2f}")
live_scores = score(translated)
tell({"live": live_scores, "truth": baselines["truth"]})
if labelled:
    bets.reveal("iou", live_scores["fcn_iou"], of=baselines["truth"]["fcn_iou"])

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 9.
# > Draw the two arrows on the board: the photograph and the fake go into D, only the fake's gradient goes into G.
# > While it trains, ask which appears first: colour, areas or texture.

# %% [markdown]
# ## Loss × generator
#
# Four networks: three losses with the U-Net, and the encoder-decoder.
# The course ships them for drawn houses, from equally many steps each, with the critic and the $\lambda$ that you saw.
# A generator that plays against a critic never stands still, so each is the mean of its weights over the last steps.
# The last step of a GAN is not its best, so validation houses chose: no lattice, then what can be read, then texture.
# Which numbers reward texture, and which punish it?

# %%
import json
from course_utils import paths
from course_utils.models import checkpoints
from course_utils.show import show_scores

def network(name):
    if labelled and PROFILE == "quick":
        return pix2pix.load(name)
    return training.train(jitter, name, run.steps, SEED, settings).generator

networks = {name: network(name) for name in training.VARIANTS}
made |= {name: pix2pix.translate(networks[name], houses) for name in networks}
scores = {name: score(made[name]) for name in networks}
tell(scores)

# %% [markdown]
# ### Look at them
#
# Compare L1 with the mean colour first, then with L1 + cGAN.
# Bricks in the wrong place cost MAE more than none, so MAE alone would choose the fog.

# %% tags=["hide"]
rows, shown = {"labels": made["input"], "L1": made["unet_l1"],
               "L1 + cGAN": made["unet_l1_cgan"], "photograph": truth}, min(6, len(test))
show_images([row[i] for row in rows.values() for i in range(shown)], columns=shown, height=1.5,
            rows=list(rows),
            alt="Rows of houses: the labels, what L1 makes of them, what L1 and a discriminator make, "
                "and the photograph.")

# %% [markdown]
# ### Texture as another network sees it
#
# VGG-16, which learned on a million real photographs, looks at both sets of pictures.
# Which of its channels answer together is the texture: lesson 04 paints by that.
# **Texture distance**: how far these numbers are from the true photographs', 0 at best.
# VGG-16 takes its time, so this was measured when the networks were trained.

# %%
evidence = json.loads((paths.EVIDENCE / "02.json").read_text())["summary"]
if labelled and PROFILE == "quick":
    textures = {name: checkpoints.told(f"02_{name}")["metrics"] for name in networks}
    textures["truth"] = evidence["truth"]  # photographs of other houses
    textures = {name: told["texture_distance"] for name, told in textures.items()}
    show_scores(textures, "texture distance", alt="Bars: the texture distance of each network.")

# %% [markdown]
# Shorter is nearer; the last bar is how near the photographs of other houses come.

# %% [markdown]
# ### Does it hold for other seeds?
#
# A short race: three seeds each, 2,000 steps for everyone, the networks and settings as above.
# Which order do you expect, and does the reader agree?

# %% tags=["hide"]
compared = ("encdec_l1_cgan", "unet_l1", "unet_l1_cgan")
show_scores({name: evidence[name]["fcn_iou"]["mean"] for name in compared},
            "FCN-IoU", alt="Bars: how well a reader reads the pictures, by network.")
for name in ("l1_cgan_over_l1", "unet_over_encdec"):
    for key in ("fcn_iou", "fcn_iou_thin", "sharpness"):
        gain = evidence[name][key]
        print(f"{name:<17} {key:<12} {gain['mean']:+.3f} ± {gain['half_width_95']:.3f}")

# %% [markdown]
# Differences within one seed, with the interval in which their mean lies at 95 %.

# %% [markdown]
# ### What the noise is for
#
# The same network with its noise, with other noise, and without.

# %% tags=["hide"]
asked, noisy = houses[:shown], network("unet_l1_cgan")
answers = {f"noise {seed}": pix2pix.translate(noisy, asked, seed) for seed in (1, 2)}
for layer in noisy.layers:
    if isinstance(layer, layers.Noise):
        layer.strength.assign(0 * layer.strength)
answers["no noise"] = pix2pix.translate(noisy, asked)
show_images([picture for row in answers.values() for picture in row], columns=shown, height=1.9,
            rows=list(answers),
            alt="Three rows of houses: with noise, with other noise, and without any.")

# %% [markdown]
# Without noise the texture goes; with other noise the bricks lie elsewhere, and the house is the same.

# %% [markdown]
# ### One drawing, many houses?
#
# The paper's dropout was to let one drawing become many houses.
# Here is a generator that was trained with dropout in the place of noise, and was asked three times.

# %% tags=["hide"]
show_images([np.load(paths.EVIDENCE / "02_pictures.npz")["dropout"]], height=5,
            alt="Rows of houses: labels, and three answers to each by a network with dropout.")
print("mean difference between two answers {between_answers:.3f}, from an answer to the truth "
      "{to_truth:.3f}".format(**evidence["dropout"]))

# %% [markdown]
# Labels, and three answers below each: look for a difference.
# Houses that do differ come in lesson 10.

# %% [markdown]
# ### Which patch gives it away?
#
# The discriminator that was trained above judges each patch: bright is "fake".

# %% tags=["hide"]
from course_utils.show import heat

def suspicion(house, picture):
    shown = (truth if picture == "photograph" else translated)[house]
    pair = np.concatenate([houses[house], shown], -1)[None] * 2 - 1
    return [shown, heat(1 - keras.ops.sigmoid(model.discriminator(pair))[0, ..., 0], 1)]

play(suspicion, alt="A house, and a coarse map that is bright where the discriminator suspects a fake.",
     house=ipywidgets.IntSlider(0, min=0, max=min(9, len(test) - 1)),
     picture=ipywidgets.Dropdown(options=["generated", "photograph"]));

# %% [markdown]
# Switch to the photograph: bright places there are false alarms.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 7.
# > Compare with the paper's table of losses: L1 blurs, cGAN alone invents, both together win.
# > Then the encoder-decoder: its houses are right on the whole and wrong in detail, since one pixel can't carry 40 windows.
# > If the order in the bars isn't the paper's, say so: other pictures, shorter trainings, another reader.

# %% [markdown]
# ## Specific to what it has seen
#
# The network knows colours of labels, and houses.
# What does it make of a street's labels, or of you?

# %% tags=["hide"]
from course_utils.teach import your_picture
from drawn_worlds import streets

street = streets.street(3, settings.side)
foreign = [facades.colour(street.labels, streets.STREET_PALETTE), your_picture(settings.side)]
best = networks["unet_l1_cgan"]
answers = pix2pix.translate(best, foreign)
show_images([foreign[0], answers[0], foreign[1], answers[1]],
            ["street", "as a house", "you", "as a house"],
            alt="A street's labels and a portrait, and what the house network makes of them.")

# %% [markdown]
# ### Build your own house
#
# It painted walls into everything: nothing tells it that a face is no house.

# %% tags=["hide"]
def build(part, left, top):
    labels = facades.facade(3_000_011, settings.side).labels.copy()
    labels[top : top + 32, left : left + 24] = facades.CLASSES.index(part)
    picture = facades.colour(labels)
    return [picture, *pix2pix.translate(best, [picture])]

play(build, alt="A label picture with the part that you placed, and the house that comes out.",
     part=ipywidgets.Dropdown(options=facades.CLASSES, value="door"),
     left=ipywidgets.IntSlider(40, max=100), top=ipywidgets.IntSlider(40, max=92));

# %% [markdown]
# The network knows what doors look like, not where they make sense.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 4.
# > Let someone in the room say where to put a balcony.
# > The serious point: such a network never says that its input makes no sense.

# %% [markdown]
# ## Recap
#
# 1. L2 wants the mean of all right answers, L1 the median; a discriminator punishes what no photograph has.
# 2. The U-Net carries details across; each number of the PatchGAN judges 70×70 pixels.
# 3. One fake serves both networks; log 2 means that the discriminator can't tell.
# 4. A reader trained on photographs measures what can be read, between copied labels, mean colours and the truth.
#
# Now you: [exercises](exercises/02_pix2pix.ipynb), or your own pairs in a folder.
# References: Isola et al., pix2pix, 2017 (equations 1 to 4, tables 1 to 3); Long et al., FCN, 2015; Odena et al., Deconvolution and checkerboard artifacts, 2016.

# %%
from course_utils import results

bets.score()
named = {f"{key}_{name}": value for name in scores for key, value in scores[name].items()}
named |= {f"grid_{n}_truth": baselines["truth"][f"grid_{n}"] for n in (2, 4, 8)}
if labelled:
    named |= {f"fcn_iou_{name}": baselines[name]["fcn_iou"] for name in ("truth", "input")}
    if PROFILE == "quick":
        named |= {f"texture_distance_{name}": value for name, value in textures.items()}
stupid = {name: numbers for name, numbers in baselines.items() if name != "truth"}
results.record(run, scores["unet_l1_cgan"] | named, live_scores, stupid)
results.must_beat(run, live_scores, stupid)

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 2.
# > Ask for one pair of pictures from their own work, and what the baseline would be.
