# %% [markdown]
# # Translate it: pix2pix
#
# A drawing of coloured areas goes in, and something like a photograph comes out.
#
# ![Rows of houses: the labels, their mean colours, what L1 makes of them, what the other networks make, and the photograph.](pictures/02_pix2pix.png)
#
# - **Time**: 52 minutes to read, 44 of them without what is optional; about a minute to run on a laptop CPU.
# - **You need**: lesson 01 (U-Net, IoU).
# - **Data**: houses drawn by the course (CC BY 4.0), or any folder of pairs side by side: `DATASET = "facades"`.

# %% [markdown]
# ## Objectives
#
# 1. Say why L1 and L2 blur, and what a discriminator adds.
# 2. Build the two networks of pix2pix and read what each sees.
# 3. Take one training step apart, and read the losses of a GAN.
# 4. Measure generated pictures, beside simple baselines and the truth itself.

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
# The input is a picture of labels, the answer a photograph that fits them; the course draws both.

# %% tags=["hide"]
from course_utils import profile
from course_utils.data import pix2pix as data
from course_utils.show import show_images, tell
from course_utils.training import pix2pix as training
from drawn_worlds import houses as facades

run = profile.start("02", PROFILE, DATASET, SEED, STEPS, TEST_DATA)
settings = {"quick": training.QUICK, "full": training.FULL}[PROFILE]
train, test = data.load(DATASET, "BtoA", run.test_data, settings.side)  # B, on the right, goes in
five, titles = test[:5], [f"house {number}" for number in range(1, 6)]
show_images([*(p.source_picture for p in five), *(p.target for p in five)], titles[: len(five)],
            columns=len(five), rows=["labels", "photographs"], legend=data.legend(DATASET),
            alt="Label pictures of five houses, below each its photograph, and the classes.")

# %% [markdown]
# Classes and colours are the paper's; sky, roof, pavement and all the rest is background.

# %% [markdown]
# ### How to judge a picture that nobody took
#
# The bricks can't be the true ones: the labels don't say them.
# So we ask a **reader**: a U-Net as in lesson 01 that learned on photographs of other houses and names each pixel of ours.
# The pix2pix paper (Isola et al., 2017) calls this the **FCN-score**, after its reader, a fully convolutional network.

# %%
import numpy as np
from course_utils import losses, metrics
from course_utils.models import facade_reader
from course_utils.teach import Bets

bets = Bets()
bets.ask("truth", "Mean IoU of what the reader reads on the true pictures?", 0, 1, step=0.02)
labelled = DATASET == "synthetic"  # the classes of other folders aren't known
reader = facade_reader.load()  # it knows drawn houses
truth, labels = np.stack([p.target for p in test]), [p.labels for p in test]
print(len(train), "pairs to learn from,", len(test), "others to test on")

def said(claim):  # what the text says of the course's own houses holds in this run, too
    assert claim or run.steps < 160 or not labelled or PROFILE != "quick"

# %% [markdown]
# ### What the reader reads, and what the eye minds
#
# - `fcn_pixel`: share of pixels named rightly; `fcn_iou`: mean IoU of the classes; `_thin`: of cornice (the panel above a window), sill, molding (a strip across the wall) and blind (a shutter) only.
# - `mae`: mean absolute difference, 0 is best; `ssim`: likeness of small windows, 1 is best.
# - `sharpness`: energy of the differences between neighbouring pixels inside areas, divided by the true photographs'; below 1 is blurred, above 1 too rough.
# - `grid_2`, `_4`, `_8`: how strongly a lattice of that period shows; 1 or less is none, but drawn houses have some themselves at period 2: compare with the truth's.

# %% [markdown]
# ### Two baselines
#
# **Copied input**: the labels themselves, handed in as a photograph.
# **Mean colour**: each class in its mean colour over 100 training photographs.

# %%
def score(pictures):
    lattice = {f"grid_{period}": metrics.grid(pictures, period) for period in (2, 4, 8)}
    if not labelled:
        return metrics.picture_scores(truth, pictures) | lattice
    read = facade_reader.read(reader, pictures)
    return (metrics.fcn_scores(labels, read, facades.CLASSES)
            | metrics.picture_scores(truth, pictures, labels) | lattice)

made, seen = {"input": np.stack([p.source_picture for p in test])}, train[:100]
if labelled:
    made["mean colour"] = data.mean_colours(np.stack(labels), np.stack([p.labels for p in seen]),
                                            np.stack([p.target for p in seen]))
baselines = {name: score(pictures) for name, pictures in {**made, "truth": truth}.items()}
tell(baselines)
if labelled:
    bets.reveal("truth", baselines["truth"]["fcn_iou"])

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 8.
# > With other pairs the same networks turn grey into colour, day into night, edges into shoes.
# > Cover the photographs and let the room describe one from its labels; then ask for the colour of the door.
# > Everyone bets before the numbers come; the truth's score says how good the reader is, not how good a picture can be.
# > The baseline that counts is the mean colour: right areas, no texture.

# %% [markdown]
# ## Light and dark houses fit: why the mean is fog

# %% tags=["hide"]
import ipywidgets
from course_utils.show import play
from course_utils.show.figures import line_figure

def expected(light):
    grey = np.linspace(0, 1, 101)  # what the network answers: 0 dark, 1 light
    curves = {f"L{power}": light * (1 - grey) ** power + (1 - light) * grey**power for power in (1, 2)}
    return line_figure(grey, curves, ("answered grey", "expected loss"), (12.5, 4.3))

play(expected, alt="Expected loss over the answered grey, for L1 a straight line, for L2 a parabola.",
     light=ipywidgets.FloatSlider(0.6, min=0, max=1, step=0.1, description="share of light houses"));

# %% [markdown]
# L2 wants the **mean**, a grey that no house has; L1 the **median**: light if most houses are light.

# %% [markdown]
# ### A critic that knows houses
#
# For bricks, whose place nobody can know, both give one flat colour.
# So we take two networks against each other, a **GAN** (generative adversarial network).
# The **generator** $G$ makes of labels $x$ and noise $z$ a picture $G(x, z)$, the fake.
# The **discriminator** $D$ is shown photographs $y$ and fakes, and says how real each is, from 0 to 1; the fakes try to pass.
#
# $$\mathcal{L}_\mathrm{GAN} = \mathbb{E}_{y}[\log D(y)] + \mathbb{E}_{x,z}[\log(1 - D(G(x, z)))]$$
#
# Such a $D$ is content with a beautiful house on the wrong lot.
# So ours sees the labels, too: it is conditional, a **cGAN**.
#
# $$\mathcal{L}_\mathrm{cGAN} = \mathbb{E}_{x,y}[\log D(x, y)] + \mathbb{E}_{x,z}[\log(1 - D(x, G(x, z)))]$$
#
# pix2pix plays $\min_G \max_D\; \mathcal{L}_\mathrm{cGAN} + \lambda\, \mathbb{E}_{x,y,z}\lVert y - G(x, z)\rVert_1$: L1 keeps the colours near the truth.

# %% [markdown]
# ### Who learns from what

# %% tags=["hide"]
from course_utils.models import layers, patchgan, pix2pix
from course_utils.show import show_figure
from course_utils.show.gan_way import gan_way

one = facades.facade(3_000_000, settings.side)
fake = pix2pix.translate(pix2pix.load("unet_l1_cgan"), [facades.colour(one.labels)])[0]
show_figure(gan_way(facades.colour(one.labels), fake, one.photo),
            alt="Labels and noise go into the generator, its fake and a photograph into the "
                "discriminator; dashed arrows lead back from its judgements.")

# %% [markdown]
# Fog is found out at once; a sharp wall with other bricks isn't.
# The paper: $\lambda = 100$, patches of 70×70 pixels, Adam with steps of $2 \cdot 10^{-4}$, $\beta_1 = 0.5$.
# This lesson: patches of 70×70, too, on pictures half as wide, fewer channels, and $\lambda = 10$ throughout.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 7.
# > Pull the slider slowly over one half: the minimum of L1 jumps, that of L2 slides.
# > Follow the two dashed gradients with a finger; ask why G's must not change D.
# > Equations 1 to 4 of the paper; without the condition it is equation 2.

# %% [markdown]
# ## Two networks
#
# The generator is a U-Net again, down to one pixel: at 128×128, seven halvings.
# Ours ends with two layers more at full size, of `fine` = 24 channels.

# %%
import keras
from course_utils.show import show_source

houses = np.stack([p.source_picture for p in test])
show_source(pix2pix.generator)

# %% [markdown]
# ### Its parts
#
# **Instance norm**: each channel of each picture gets mean 0 and variance 1, then a learned scale and shift.
# The paper's batch norm, with one picture in the batch, computes the same.
# `down` is a `convolution` of stride 2; channels grow up to `cap` times `width`, here 2 · 32.

# %%
show_source(layers.convolution, layers.up, layers.enlarged)

# %% [markdown]
# ### Where bricks could come from
#
# Deep inside a wall the labels are one flat blue, and one convolution answers the same everywhere there.
# A U-Net can tell places apart, since it goes down to one pixel and pads the edges with zeros; but it is deterministic, with one answer to each drawing.
# That is the paper's reason for $z$: of the many photographs that fit, a deterministic $G$ can match one only, a delta function in place of a distribution.
# Its noise is **dropout**, which sets half of the numbers in the first three layers up to 0 at random, at test, too.
# Ours adds Gaussian noise in every layer up, to each channel as much as it learns to; how much that is, we shall see.

# %%
show_source(layers.Noise.call)

# %% [markdown]
# ### Twice the sides
#
# The paper doubles the sides by **transposed convolutions**: each number paints 4×4 pixels, 2 apart, and what overlaps is added up.
# A plain grey goes through untrained layers: what comes out?

# %% tags=["hide"]
ways = {"transposed once": (True, 1), "three times": (True, 3), "interpolated, three times": (False, 3)}
risen = []
for transposed, times in ways.values():
    grey = x = keras.Input((64 >> times, 64 >> times, 16))
    for channels in (16, 16, 3)[-times:]:  # (1, 16, 16, 16), (1, 32, 32, 16), (1, 64, 64, 3)
        x = layers.enlarged(x, channels, transposed)
    flat = np.ones((1, *grey.shape[1:]), "float32")
    risen.append(keras.Model(grey, x)(flat)[0, 16:48, 16:48].numpy())
shown = [np.clip(0.5 + (p - p.mean((0, 1))) / scale / 5, 0, 1)
         for p, scale in zip(risen, [r.std() for r in risen[:2]] * 2)]
show_images(shown, list(ways), height=4.1,
            alt="A grey behind transposed convolutions, a lattice; and interpolated, plain.")

# %% [markdown]
# Lattices of period 2, and of 2, 4 and 8 (contrast raised), before anything was learned; training leaves some (Odena et al., 2016).
# On the right every pixel gets the same weights: flat stays flat.

# %% [markdown]
# ### The discriminator
#
# It doesn't judge the whole picture: every number of its answer judges one **patch**, hence PatchGAN, and the loss is their mean.
# Pixels further apart than a patch count as independent: a Markov random field, as textures are often modelled.
# With three halvings, as in the paper, a patch has 70×70 pixels, here a good half of the picture's side.
# Ours sets `norm=False`: mean and variance look at the whole picture, and a number would see more than its patch.

# %%
show_source(patchgan.patchgan)
sides = [patchgan.receptive_field(patchgan.convolutions(halvings)) for halvings in range(6)]
print("pixels a side, from no halving to five:", *sides)

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 9.
# > Count the halvings with the room: 128, 64, 32, 16, 8, 4, 2, 1.
# > Cut a square of 70 pixels out of paper and lay it on a projected picture: could you tell from that alone?
# > The paper's IoU on Cityscapes by patch: 1 pixel .10, 16 .17, 70 .17, the whole picture .11.

# %% [markdown] tags=["optional"]
# ### One layer too many?
#
# Two untrained encoder-decoders, that is U-Nets without skips; one has instance norm at its bottleneck of one pixel, too.
# How far apart are their answers to two houses?

# %%
from course_utils.exercises import pix2pix as mistakes

def apart(make):
    untrained = make("encoder_decoder", settings.side)
    first, second = (pix2pix.translate(untrained, p.source_picture[None]) for p in [*test, *train][:2])
    return np.abs(first - second).mean()

bets.ask("bug", f"The right one's answers differ by {apart(pix2pix.generator):.2f}; those of the one with "
         "the norm?", 0, 0.1)

# %%
bets.reveal("bug", apart(mistakes.norm_at_the_bottleneck))

# %% [markdown]
# One pixel minus its own mean is 0, so nothing of the input gets through: both houses get the same answer.
# A U-Net still has its skips, an encoder-decoder has nothing else.
# A well-known tutorial's U-Net has this layer; whoever removes its skips to compare the two measures the bug.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 3.
# > The bug was in the paper's first code, and the authors amended it; ask how one could have noticed.

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
print("fake", fake.shape, "  one judgement per patch:", judged.shape)
bets.ask("iou", "FCN-IoU after the training below, as a share of the truth's?", 0, 1, step=0.05)

# %% [markdown]
# ### The discriminator's step
#
# It learns by cross-entropy: unsure, it says 0.5, and both its losses are $-\log 0.5 = 0.69$; the paper halves their sum.
# In place of Adam we take **Muon**, an optimiser with which textures come after far fewer steps here; Adam works, too.

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
print(f"λ L1 = {model.l1:.0f} × {l1:.3f} = {l1 * model.l1:.1f};",
      f"−log D of the fake: {float(losses.adversarial_loss(judged, real=True)):.3f}")

# %% [markdown]
# ### Watch it learn
#
# The generator's `loss` is $\lambda$ times `l1` plus $-\log D$; `l1` is drawn without its $\lambda$.
# L1 is most of the loss; only the discriminator asks for texture.

# %%
from course_utils.show.live import Live

watch = lambda: (list(pix2pix.translate(model.generator, houses[:2])), ["a test house", "another"])
live = Live(run.steps, watch, parts=("l1", "d_real", "d_fake"), keep="02_pix2pix",
            alt="The generator's loss, its L1, the discriminator's two losses, and two generated houses.")
model.fit(batches, steps_per_epoch=run.steps, shuffle=False, callbacks=[live], verbose=0);

# %% [markdown]
# These houses it never trains on.
# A training of seconds gets as far as areas and colours; texture takes longer.
# The loss doesn't fall: right areas and colours take little off L1, and $D$ learns, too.

# %% [markdown]
# ### Reading the losses
#
# They don't say how good the pictures are: each network is measured by the other, and both get better.
# `d_real` and `d_fake` near 0.69 mean that $D$ can't tell; near 0, that it has won.
# The line below the code judges by the mean of the two.

# %%
translated = pix2pix.translate(model.generator, houses)

def judged_loss(photographs, real):
    both = np.concatenate([houses[:20], photographs[:20]], -1) * 2 - 1
    return float(losses.adversarial_loss(model.discriminator(both), real))

on_real, on_fake = judged_loss(truth, True), judged_loss(translated, False)
verdict = "D has begun to win" if (on_real + on_fake) / 2 < 0.5 else "D can hardly tell"
print(f"test pairs: d_real {on_real:.2f}   d_fake {on_fake:.2f}: {verdict}")
live_scores = score(translated)
tell({"live": live_scores, "mean colour": baselines.get("mean colour", baselines["input"]),
      "truth": baselines["truth"]})
if labelled:
    bets.reveal("iou", live_scores["fcn_iou"], of=baselines["truth"]["fcn_iou"])

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 9.
# > Point at the diagram again: the photograph and the fake go into D, only the fake's gradient goes into G.
# > While it trains, ask which appears first: colour, areas or texture.
# > The live network is read a little better than mean colours, and is further off in MAE: which counts?

# %% [markdown]
# ## Loss × generator
#
# Four networks: three losses with the U-Net, and the encoder-decoder.
# The course ships them for drawn houses: each learned from 2,000 of these for 20,000 steps, as above, except that three of them leave something out: the discriminator, L1 or the skips.
# The last steps of a GAN go to and fro, so each network is the mean of its weights over many steps.
# Several states of each training were kept, and validation houses chose the one to ship.
# States with a lattice were left out first, then those that the reader reads worse than the best; of the rest the one with the nearest texture was taken.

# %%
import json
from course_utils import paths
from course_utils.models import checkpoints

evidence = json.loads((paths.EVIDENCE / "02.json").read_text())["summary"]
shipped = labelled and PROFILE == "quick"

def network(name):
    if shipped:
        return pix2pix.load(name)
    return training.train(jitter, name, run.steps, SEED, settings).generator

networks = {name: network(name) for name in training.VARIANTS}
made |= {name: pix2pix.translate(networks[name], houses) for name in networks}
scores = {name: score(made[name]) for name in networks}

# %% [markdown]
# ### Which would you take for a photograph?

# %% tags=["hide"]
columns = {"labels": "input", "mean colour": "mean colour", "L1": "unet_l1", "cGAN": "unet_cgan",
           "L1 + cGAN": "unet_l1_cgan", "encoder-decoder": "encdec_l1_cgan"}
columns = {title: made[name] for title, name in columns.items() if name in made}
columns["photograph"] = truth
first, *_, last = [part.mean() for part in np.array_split(live.parts["l1"], 4)]  # of the live training
said(model.l1 * last > 0.5 * np.mean(live.losses) and last > 0.85 * first)
said(baselines["truth"]["grid_2"] > 1.2)
show_images([pictures[i] for i in range(min(3, len(test))) for pictures in columns.values()],
            list(columns), columns=len(columns),
            alt="Rows of houses: the labels, their mean colours, what L1 makes of them, what the "
                "other networks make, and the photograph.")

# %% [markdown]
# L1 answers with flat colours and soft edges.
# A discriminator adds panes, goods in shops, tiles; walls stay plain, and L1 + cGAN puts specks into the corners of the sky.
# Without skips three drawings give nearly the same picture, with a comb of stripes at its right edge: this recipe suits U-Nets.

# %% [markdown]
# ### Measure them
#
# `texture` is new: how far textures, as the classifier VGG-16 sees them, are from the true ones; `truth` is that of other photographs.

# %%
textures = {}
if shipped:  # VGG-16 takes its time: measured when they were trained
    told = {name: checkpoints.told(f"02_{name}")["metrics"] for name in networks}
    told["truth"] = evidence["truth"]  # photographs of other houses
    textures = {name: each["texture_distance"] for name, each in told.items()}
rows = scores | {"truth": baselines["truth"]}
tell({name: {key: rows[name][key] for key in rows[name] if key not in ("fcn_pixel", "ssim")}
      | ({"texture": textures[name]} if shipped else {}) for name in rows})
if labelled:
    l1, alone, both, narrow = (scores[name] for name in networks)
    said(l1["mae"] < min(alone["mae"], both["mae"], narrow["mae"]))
    said(narrow["fcn_iou"] < l1["fcn_iou"] < min(alone["fcn_iou"], both["fcn_iou"]))

# %% [markdown]
# Guessed panes, tiles and trees cost MAE more than soft areas: MAE alone would choose L1.
# In these single trainings the U-Nets with a discriminator are read better, with L1 and without it.

# %% [markdown]
# ### Does it hold for other seeds?
#
# A short race of three of them: three seeds, 1,500 steps each.

# %% tags=["hide"]
from course_utils.show import show_intervals

compared = {"encoder-\ndecoder": "encdec_l1_cgan", "L1": "unet_l1", "L1 + cGAN": "unet_l1_cgan"}
parts = {"FCN-IoU": "fcn_iou", "sharpness": "sharpness", "texture distance": "texture_distance"}
show_intervals({part: {name: evidence[key][metric] for name, key in compared.items()}
                for part, metric in parts.items()},
               alt="Means and intervals of three networks: FCN-IoU, sharpness, texture distance.")
narrow, both = (evidence[key] for key in ("encdec_l1_cgan", "unet_l1_cgan"))
gain = evidence["l1_cgan_over_l1"]  # of the same seed
said(gain["fcn_iou"]["mean"] > gain["fcn_iou"]["half_width_95"])
said(-gain["texture_distance"]["half_width_95"] < gain["texture_distance"]["mean"] < 0)
said(narrow["fcn_iou"]["mean"] < 0.5 * both["fcn_iou"]["mean"])
said(narrow["sharpness"]["mean"] > 2 * evidence["unet_l1"]["sharpness"]["mean"])

# %% [markdown]
# L1 + cGAN is read better than L1; whether its texture is nearer, three seeds can't tell (bars: 95 %).
# The encoder-decoder is sharper than L1, and can't be read.

# %% [markdown]
# ### Does it use its noise?
#
# One network with noise, other noise, none; another, shortly trained, with dropout, asked twice.

# %% tags=["hide"]
best, asked = networks["unet_l1_cgan"], houses[:2]
answers = {name: pix2pix.translate(best, asked, seed)
           for seed, name in enumerate(("noise", "other noise"))}
answers["no noise"] = pix2pix.translate(pix2pix.silent(best), asked)
dropout = np.load(paths.EVIDENCE / "02_pictures.npz")["dropout"]  # (answers, houses, 128, 128, 3)
answers |= {"dropout": dropout[0], "other dropout": dropout[1]}
show_images([pictures[i][24:84, 32:96] for i in range(len(asked)) for pictures in answers.values()],
            list(answers), columns=5,
            alt="Two rows of windows and walls: with noise, other noise, none, and with dropout twice.")
far = [np.abs(answers["noise"] - other).mean() for other in (answers["other noise"], truth[:2])]
told = evidence["dropout"]
said(max(far[0] / far[1], told["between_answers"] / told["to_truth"]) < 0.25)

# %% [markdown]
# Not much: other noise hardly shows; without any, the gable loses a faint grain.
# Dropout varies as little, as the paper says of its own; houses that differ come in lesson 10.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 7.
# > Compare with the paper's IoU on Cityscapes: L1 .11, cGAN .16, both .17, the truth .21.
# > All that the encoder-decoder knows of a drawing passes 64 numbers at its bottleneck.
# > It got the same recipe as the others, which suits them better.
# > cGAN without L1 isn't in the race: how it compares rests on one training.
# > If an order isn't the paper's, say so: other pictures, shorter trainings, another reader.

# %% [markdown] tags=["optional"]
# ## Specific to what it has seen

# %% tags=["hide"]
from course_utils.teach import your_picture
from drawn_worlds import streets

street = streets.street(3, settings.side)
foreign = [facades.colour(street.labels, streets.STREET_PALETTE), your_picture(settings.side),
           np.stack([one.edges] * 3, -1)]
show_images([*foreign, *pix2pix.translate(best, foreign)],
            ["a street's labels", "you", "a house's edges"], columns=3, rows=["given", "as a house"],
            alt="A street's labels, a portrait, a line drawing, and what the house network makes of them.")

# %% [markdown]
# White turns into wall, black into glass, sky into stone: it knows only houses, and never says so.

# %% [markdown] tags=["optional"]
# ### Build your own house

# %% tags=["hide"]
def build(part, left, top):
    labels = [facades.facade(3_000_011, settings.side).labels.copy() for _ in range(2)]
    labels[0][top : top + 32, left : left + 24] = facades.CLASSES.index(part)
    pictures = [facades.colour(each) for each in labels]
    return [pictures[0], *pix2pix.translate(best, pictures)], ["your labels", "your house", "as it was"], 3, 4.1

play(build, alt="A label picture with the part that you placed, the house that comes out, and the house without.",
     part=ipywidgets.Dropdown(options=facades.CLASSES, value="door"),
     left=ipywidgets.IntSlider(40, max=100), top=ipywidgets.IntSlider(40, max=92));

# %% [markdown]
# A door becomes a dark, speckled pane, wherever it is put: nothing tells the network where doors make sense.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 5.
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
# References: Isola et al., pix2pix, 2017 (equations 1 to 4, tables 1 to 3); Odena et al., Deconvolution and checkerboard artifacts, 2016.

# %%
from course_utils import results

bets.score()
told = scores | {name: baselines[name] for name in ("input", "truth")}
named = {f"{key}_{name}": value for name in told for key, value in told[name].items()}
named |= {f"texture_distance_{name}": value for name, value in textures.items()}
simple = {name: baselines[name] for name in baselines if name != "truth"}
results.record(run, scores["unet_l1_cgan"] | named, live_scores, simple)
results.must_beat(run, live_scores, simple)

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 2.
# > Ask for one pair of pictures from their own work, and what the baseline would be.
