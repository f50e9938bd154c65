# %% [markdown]
# # Repaint it: style transfer
#
# A photograph and a painting go in, and the photograph comes out as if that painter had painted it.
#
# ![A portrait in the style of night waves: the photograph, the painting, and what came out.](pictures/04_style_transfer.png)
#
# - **Time**: 55 minutes to read, about a minute and a half to run on a laptop CPU.
# - **You need**: lesson 00, and what a convolution is.
# - **Data**: paintings drawn by the course (CC BY 4.0), photographs from scikit-image; your own picture.

# %% [markdown]
# ## Objectives
#
# 1. Say what a network's layers keep of a picture: pixels, textures, forms.
# 2. Write the content loss, the Gram matrix and the style loss, and recognise their misprints.
# 3. Optimise a picture instead of a network, with L-BFGS and with Adam.
# 4. Say what a feed-forward network gains, and what it gives up.

# %% tags=["parameters"]
PROFILE = "quick"
DATASET = "synthetic"
SEED = 0
STEPS = None
TEST_DATA = None

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 2.
# > Ask which painter the room would send their portrait to, and what makes that painter's hand.
# > The surprise of the lesson: nothing is trained here but the picture.

# %% [markdown]
# ## Six painters
#
# The course draws its paintings, too: no two alike, each painter with a hand of its own.

# %%
import numpy as np
from course_utils import images, metrics, profile
from course_utils.exercises import style as mistakes
from course_utils.show import show_images, show_lines
from course_utils.training import style
from drawn_worlds import painters

run = profile.start("04", PROFILE, DATASET, SEED, STEPS, TEST_DATA,
                    also=painters.STYLES)  # DATASET = "glass"
show_images([painters.paint(name, 1, 192) for name in painters.STYLES], list(painters.STYLES),
            alt="Six paintings: brush strokes, dots, a woodcut, stained glass, marbled paper, waves.")

# %% [markdown]
# ### The two pictures of today
#
# **Content** says what is to be seen, **style** how it is painted.
# Between them: the photograph in the painting's colours, value for value; that is our stupid baseline.

# %%
from course_utils.data.photographs import photographs

STYLE = "waves" if DATASET == "synthetic" else DATASET
SIDE, SCALE = {"quick": 256, "full": 512}[PROFILE], 1.5  # scale: of the strokes
photograph, painting = photographs(SIDE)[0], painters.paint(STYLE, 3, 512)
content = style.in_colours_of(painting, photograph)
show_images([photograph, content, painting], ["photograph", "colours matched", "style"],
            alt="A portrait, the same in the colours of the painting, and the painting.")

# %% [markdown]
# Colours alone don't make a painting: there is no stroke in the middle picture.
# It is also what we hand in as content, since our small network counts colours as content.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 5.
# > Let the room name what differs between the painters: colours, the width and direction of strokes, outlines.
# > Each of these words will be a layer later on.

# %% [markdown]
# ## A network that looks
#
# A network that has learned to tell pictures apart turns each picture into **activations**, layer by layer.
# Gatys, Ecker and Bethge take VGG-19: sixteen convolutions in five blocks, a pooling after each.
#
# **Which network is in use matters**: what it has learned to see, it paints.
# VGG-19 learned on ImageNet and is 80 MB; set `COURSE_VGG19` to its file, and `PROFILE = "full"` uses it.
# Quick uses the course's own: the same shape, narrow, 1 MB, trained on drawn paintings and 20 photographs.

# %%
from course_utils.models import features

KIND = {"quick": "course", "full": "vgg19"}[PROFILE]
network = features.network(KIND)
for kind, told in features.KINDS.items():
    print("→" if kind == KIND else " ", f"{kind}: {told}")
seen = network(content[None])
for name in features.PAPER:
    print(name, seen[name].shape)

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 5.
# > The network is frozen: it is the judge, not the pupil.
# > Two changes of the paper are in ours, too: pools average, and activations are rescaled to a mean of 1.
# > Say aloud which network makes today's pictures, and repeat it when someone compares with pictures from the web.

# %% [markdown]
# ## Content: what a layer keeps
#
# Start from noise, and change it until one layer's activations are those of the photograph.
# $F_{ik}$ is channel $i$ at place $k$, $P_{ik}$ the photograph's:
#
# $$L_\mathrm{content} = \tfrac{1}{2} \sum_{i,k} (F_{ik} - P_{ik})^2$$

# %%
from course_utils import losses
from course_utils.show import show_source
from course_utils.teach import Bets

bets = Bets()
show_source(losses.content_loss)
mirrored, theirs = (network(p[None]) for p in (content[:, ::-1], images.resize(painting, (SIDE, SIDE))))
layer = style.CONTENT[KIND]
costs = [float(losses.content_loss(f[layer], seen[layer])[0]) for f in (mirrored, theirs)]
print(f"{layer}: the mirrored portrait costs {costs[0] / costs[1]:.0%} of what the painting costs")

# %% [markdown]
# ### Rebuild a picture from one layer
#
# Five runs from the same noise, one layer each, and how far the pixels are off: from which on is the person gone?

# %%
def rebuilt(name, side=96, evaluations=25):
    made = style.Repainting(features.network(KIND, (name,)), content, start="noise", side=side,
                            content_layer=name, gamma=1e-3)
    return made.lbfgs(evaluations).picture

layers = features.PAPER  # the first of each block
from_layers = [rebuilt(name) for name in layers]
errors = [metrics.mae(images.resize(content, (96, 96)), made) for made in from_layers]
show_images(from_layers, [f"{name}: {error:.2f}" for name, error in zip(layers, errors)],
            alt="A portrait rebuilt from five layers: sharp from the first, dissolved from the last.")

# %% [markdown]
# Early layers keep pixels, later ones what stands roughly where, the deepest hardly that: the rest is free for style.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 8.
# > This is the paper's figure 1, the rows for content.
# > Ask which layer to choose if the person must be known again and the brush free.

# %% [markdown]
# ## Style: what goes together, wherever it is
#
# The **Gram matrix** $G$ multiplies two channels place by place, and sums over all places $k$: so places are forgotten.
# The loss compares it with the painting's, $A$; $N$ channels and $M$ places are the layer's own.
#
# $$G_{ij} = \sum_k F_{ik} F_{jk}, \qquad E = \frac{1}{4 N^2 M^2} \sum_{i,j} (G_{ij} - A_{ij})^2, \qquad L_\mathrm{style} = \sum_l w_l E_l$$

# %%
show_source(losses.gram_matrix, losses.style_loss)
gram, *others = (losses.gram_matrix(f["block1_conv1"]) for f in (seen, mirrored, theirs))
costs = [float(losses.style_loss(other, gram[0], SIDE * SIDE)[0]) for other in others]
print(f"block1_conv1: the mirrored portrait costs {costs[0] / costs[1]:.0%} of what the painting costs")

# %% [markdown]
# ### Rebuild a texture
#
# The mirrored portrait had another content and nearly the same style.
# From noise again, now with Gram matrices alone: of the layers of one block, then of two … then of all five.

# %%
def texture(blocks, side=48, evaluations=30):
    wanted = [name for name in style.STYLE[KIND] if int(name[5]) <= blocks]
    weights = {name: (name in wanted) / len(wanted) for name in style.STYLE[KIND]}
    made = style.Repainting(network, content, painting, start="noise", side=side, alpha=0, gamma=0.5,
                            scale=2 * SCALE, weights=weights)  # alpha=0: no content
    return made.lbfgs(evaluations, sides=(side, 2 * side)).picture  # coarse, then fine


show_images([texture(blocks) for blocks in range(1, 6)], [f"block 1 to {n}" for n in range(1, 6)],
            alt="Textures: fine grains of the right colours, then larger and larger pieces.")

# %% [markdown]
# One block knows colours and the finest grain; with the next ones, larger pieces of the painting come.
# No wave is where it was: the sum over places forgot.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 8.
# > The paper's figure 1, the rows for style.
# > Shuffle the rows of a small matrix F on the board: FᵀF stays.

# %% [markdown]
# ## Both together
#
# $$L = \alpha L_\mathrm{content} + \beta L_\mathrm{style} + \gamma V$$
#
# $V$, total variation, sums the squared steps between neighbouring pixels and damps grain.
# We divide content and $V$ by how many numbers they sum, so that one $\beta$ suits every size.
#
# The gradient leads through the frozen network to the **pixels**.
# What belongs to content and style alone was computed once, before.

# %%
show_source(style.Repainting.evaluate, style.Repainting.total)
start = style.Repainting(network, content, painting, side=SIDE // 2, scale=SCALE)
bets.ask("misprint", "The lowest style loss, if a misprint leaves out its square?", -1, 1, step=0.05)

# %% [markdown]
# ### Watch it paint
#
# First at half the size, where each evaluation costs a quarter; then at the full size, where finer strokes are asked for: the loss jumps.
# Stop it with the square button if you like it; run the cell again, and it goes on.

# %%
import time
from course_utils.show.live import Live

live = Live(run.steps, lambda: [start.picture], parts=("content", "style"),
            alt="Losses fall; the portrait turns into strokes.")
began = time.perf_counter()
start.lbfgs(run.steps, sides=(SIDE // 2, SIDE), callbacks=[live])
seconds = time.perf_counter() - began
start.resize(SIDE)  # if it was stopped before
print(f"style loss: {start.history[-1]['style'] / start.history[0]['style']:.1%} of the first")

# %% [markdown]
# ### Hang it up
#
# Begun from the photograph in the painting's colours, and, at half the size, from **noise**: there only the content loss brings the person in, so it counts eightfold.
# The network is the one named above.

# %%
noise = style.Repainting(network, content, painting, start="noise", side=SIDE // 8, scale=SCALE, alpha=8)
noise.lbfgs(run.steps, sides=(SIDE // 8, SIDE // 4, SIDE // 2))
show_images([photograph, painting, start.picture, noise.picture],
            ["content", "style", f"{seconds:.0f} seconds", "from noise"], height=3,
            alt="A portrait in the style of night waves: the photograph, the painting, and what came out.")

# %% [markdown]
# ### L-BFGS against Adam
#
# Strokes run there that the photograph doesn't have; the content loss holds the face.
# Adam knows the slope and its recent mean; **L-BFGS** learns from its last steps how the loss bends, too.

# %% tags=["hide"]
small = style.Repainting(network, content, painting, side=64, scale=SCALE)
curves = style.descents(small, run.steps, rates=(0.01, 0.02, 0.04, 0.08))
best = min(curve[-1] for name, curve in curves.items() if "Adam" in name)
reached = int((curves["L-BFGS"] > best).sum()) + 1
show_lines(range(run.steps), {name: np.log10(curve) for name, curve in curves.items()},
           ("evaluation", "log10 of the loss"), alt="Loss over evaluations: L-BFGS falls fastest.")
print(f"Adam at its best needs {run.steps} evaluations, L-BFGS {reached} for the same loss.")

# %% [markdown]
# The longer both run, the smaller the share of evaluations that L-BFGS needs.
# For training a network it won't do: each batch has another loss, and old slopes mislead.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 11.
# > While it paints, ask who is being trained: nobody, the picture is the only variable.
# > Ask which of the two the room would hang up.
# > A ball in a valley: Adam rolls, L-BFGS draws a map of the valley and jumps.

# %% [markdown]
# ## Turn the knobs
#
# Each setting paints anew, small and quickly: wait a moment after each change.

# %% tags=["hide"]
import ipywidgets
from course_utils.show import play

def knobs(beta, layer, strokes):
    settings = {"beta": beta, "content_layer": layer, "scale": strokes}
    return [style.Repainting(network, content, painting, side=96, **settings).lbfgs(20).picture]
play(knobs, alt="The portrait repainted with these settings.",
     beta=ipywidgets.SelectionSlider(options=[0.1, 1, 8, 64], value=8),
     layer=ipywidgets.Dropdown(options=[style.CONTENT[KIND], *layers]),
     strokes=ipywidgets.SelectionSlider(options=[1.0, 1.5, 2.5], value=1.5));

# %% [markdown]
# ### Two painters at once, and colours kept
#
# A large $\beta$ loses the person, a small one the painter; an early layer holds on to every pixel.
#
# The losses of several paintings may be added, each with its share.
# And strokes are mostly light and dark: with the photograph's own **a** and **b** of Lab its colours come back.

# %%
both = {name: (painters.paint(name, 1), 0.5) for name in ("glass", "strokes")}
mixed = style.Repainting(network, photograph, both, side=96, scale=SCALE).lbfgs(25).picture
kept = style.keep_colours(images.resize(photograph, start.picture.shape[:2]), start.picture)
show_images([mixed, kept], ["glass and strokes", f"{STYLE}, colours kept"],
            alt="A portrait between stained glass and strokes; one in its own colours.")

# %% [markdown]
# Lightness from the repainted picture, colours from the photograph; matching colours first was the opposite choice.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 4.
# > Let someone name β before the slider moves.
# > A portrait that the sitter should like keeps its colours; a poster needn't.

# %% [markdown]
# ## Misprint detective
#
# Lecture slides print the Gram matrix with a **plus**: $\sum_k F_{ik} + F_{jk}$.
# Others leave out the **square** of the style loss.
# Both run below beside the right one, twenty evaluations each.

# %%
printed = {"right": {}, "plus": {"gram": mistakes.plus_for_times},
           "no square": {"style_loss": mistakes.style_without_square}}
results_of = {name: style.Repainting(network, content, painting, side=96, scale=2 * SCALE, **wrong)
              .lbfgs(20) for name, wrong in printed.items()}
show_images([made.picture for made in results_of.values()], list(printed),
            alt="Three portraits: clear strokes; weaker ones; and a grey blur.")
bets.reveal("misprint", min(told["style"] for told in results_of["no square"].history))

# %% [markdown]
# With the plus, channels count one by one, and strokes get weaker.
# Without the square the loss falls below 0, and colours and lines blur.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 4.
# > The first misprint still gives a picture: no error message, only a worse painter.
# > A popular implementation divides every layer by the picture's size: its first layer counts 1024 times as much as the fifth.

# %% [markdown]
# ## In one pass, and who judges
#
# Johnson, Alahi and Fei-Fei train a network to **answer** with the repainted picture, by the very same loss.
# Ours saw 138,000 crops: seven minutes of a large GPU, most of a day on two cores.
# Then any picture takes milliseconds.
#
# In a clear sky a convolution answers the same everywhere: there is nothing to make strokes from.
# So ours has a **canvas**, a pattern learned along with its weights, beside the activations.

# %%
from course_utils.models import fast_style
from course_utils.training import fast_style as fast

show_source(fast.FastStyle.train_step)

# %% [markdown]
# ### The trade
#
# Shipped is a network for waves alone, from 17 photographs and 526 drawn pictures.
# The three below it has never seen.

# %% tags=["hide"]
painter, whole = fast_style.load("waves"), photographs(256)
answers = [fast_style.repaint(painter, whole[n : n + 1])[0] for n in fast.UNSEEN]
for name, picture in (("optimised", start.picture), ("in one pass", answers[0])):
    parts = start.parts(images.resize(picture, (SIDE, SIDE))[None])
    print(f"{name:<12}", *(f"{part} {float(parts[part]):.3f}" for part in ("style", "content")))
show_images([whole[4], *answers], ["photograph", *["in one pass"] * 3],
            alt="A cat, and three photographs repainted as waves in one pass.")

# %% [markdown]
# ### Your picture
#
# One pass pays for its speed: both losses are nearly twice the optimised ones.
# And it knows one style at one balance: another painting or another $\beta$ means another training.

# %% tags=["hide"]
import timeit
from course_utils.teach import your_picture

you = your_picture(256)
passes = timeit.repeat(lambda: fast_style.repaint(painter, you[None]), number=1, repeat=9)
milliseconds = 1000 * np.median(passes)
show_images([you, fast_style.repaint(painter, you[None])[0]], ["you", f"{milliseconds:.0f} ms"],
            height=2.8, alt="Your picture, or its stand-in, and the same repainted as waves.")

# %% [markdown]
# Put a `me.jpg` into `work/`, or run this lesson with another painter: `DATASET = "glass"`; the network in one pass stays with waves.

# %% [markdown]
# ### Does the training of the network matter?
#
# Two networks paint, and a judge that is neither of them measures **style distance** (Gram matrices) and **content distance**, 0 at best.
# The judge has random weights itself, of another seed.
# This is a first look: random weights paint at half the size, with half of the evaluations.

# %%
judge, other = (features.network("random", seed=seed) for seed in (1, 0))
half = style.Repainting(other, content, painting, side=SIDE // 2, scale=SCALE)
made = {"colours matched": content, "random weights": half.lbfgs(run.steps // 2).picture,
        KIND: start.picture}
compared = {name: style.distances(judge, images.resize(picture, (128, 128)), content,
                                  painting, SCALE) for name, picture in made.items()}
for name, numbers in compared.items():
    print(f"{name:<16}", "  ".join(f"{key} {value:.3f}" for key, value in numbers.items()))

# %% [markdown]
# ### Who judged?
#
# From `make evidence LESSON=04`: three pairs of pictures, two random networks, at no more content distance; mean and 95 % interval.
# One judge learned as ours did, from another seed, a third as long; the other is MobileNetV2, from ImageNet.
# Judges differ, so say who judged: one that shares a painter's weights would be bribed.
# To both, training matters.
#
# To ImageNet's eye one pass is about halfway from matched colours to the optimised picture.

# %%
import json
from course_utils import paths

for name, file in (("our training", "04"), ("ImageNet", "04.imagenet")):
    found = json.loads((paths.EVIDENCE / f"{file}.json").read_text())
    told = found["summary"]["trained_over_random"]
    print(f"a judge from {name}: style distance, course / random = "
          f"{told['mean']:.2f} ± {told['half_width_95']:.2f}")
print("ImageNet's judge, waves:", ", ".join(f"{kind} {told['style_distance']:.3f}"
                           for kind, told in found["waves"].items()))

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 7, three of them for the judges.
# > `course serve` repaints uploads with this network: let someone send a photograph of the room.
# > Pictures of people need their consent, repainted or not.

# %% [markdown]
# ## Recap
#
# 1. Early layers keep pixels, deep ones what stands where, Gram matrices what goes together.
# 2. Content is half a sum of squares; Gram entries are products; $N$ and $M$ are the layer's own.
# 3. The picture is the variable; L-BFGS needs fewer evaluations than Adam's best.
# 4. One pass takes milliseconds, for one style and one balance.
#
# Now you: [exercises](exercises/04_style_transfer.ipynb), or a painting of your own.
#
# References: Gatys et al., 2016 (equations 1 to 7); Johnson et al., 2016; Simonyan, Zisserman, 2015.

# %%
from course_utils import results

bets.score()
found = compared[KIND] | {"seconds_optimise": seconds, "ms_feed_forward": milliseconds,
                              "evaluations_lbfgs": reached, "evaluations_adam": run.steps}
stupid = {name: compared[name] for name in ("colours matched", "random weights")}
stupid["random weights"] |= {"style_distance_random": compared["random weights"]["style_distance"]}
results.record(run, found, found, stupid)
bars = {"style_distance": 0.85 * compared["colours matched"]["style_distance"],
        "evaluations_lbfgs": 0.6 * run.steps}  # of Adam's
results.must_beat(run, found, {"the bar": bars}, *bars)

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 1.
# > Ask for one thing outside art where how matters more than what: handwriting, maps, voices.
