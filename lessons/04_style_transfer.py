# %% [markdown]
# # Repaint it: style transfer
#
# A photograph and a painting go in, and the photograph comes out as if that painter had painted it.
#
# ![A portrait in the style of night waves: the photograph, the painting, and what came out.](pictures/04_style_transfer.png)
#
# - **Time**: 54 minutes to read, 45 of them without what is optional; about a minute and a half to run on a laptop CPU.
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

# %% tags=["hide"]
import numpy as np
from course_utils import images, profile
from course_utils.show import show_images
from drawn_worlds import painters
run = profile.start("04", PROFILE, DATASET, SEED, STEPS, TEST_DATA,
                    also=painters.STYLES)  # DATASET = "glass"
def middle(picture, high, wide):  # the shares of its height and width that are shown
    top, left = (int(n * (1 - share) / 2) for n, share in zip(picture.shape, (high, wide)))
    return picture[top:len(picture) - top, left:picture.shape[1] - left]
show_images([middle(painters.paint(name, 1, 384), 0.55, 1) for name in painters.STYLES],
            list(painters.STYLES), columns=3,
            alt="Six paintings: brush strokes, dots, a woodcut, stained glass, marbled paper, waves.")

# %% [markdown]
# The course draws its paintings, too: no two are alike, and each painter has a hand of its own.
# What makes these hands: the colours, the width of the strokes, their direction, the outlines?

# %% [markdown]
# ### The two pictures of today
#
# **Content** says what is to be seen, **style** how it is painted.

# %% tags=["hide"]
from course_utils.data.photographs import photographs
from course_utils.training import style
def said(claim):  # what the text says of the course's own pictures holds in this run, too
    assert claim or DATASET != "synthetic" or KIND != "imagenet" or run.short
STYLE = "waves" if DATASET == "synthetic" else DATASET
SIDE, SCALE = {"quick": 256, "full": 512}[PROFILE], 1.5  # scale: of the strokes
portrait = photographs(512)[0, :330, 60:390]  # head and shoulders
photograph, painting = images.resize(portrait, (SIDE, SIDE)), painters.paint(STYLE, 3, 512)
content = style.in_colours_of(painting, photograph)
show_images([photograph, content, painting], ["photograph", "colours matched", "style"], height=4.2,
            alt="A portrait, the same in the colours of the painting, and the painting.")

# %% [markdown]
# In the middle, the photograph's colours are shifted and stretched, as one cloud, to the painting's mean and covariance: our simplest baseline.
# It has not one stroke.
# It is also what we hand in as content, so that the photograph's colours don't pull against the painting's.

# %% [markdown]
# ### The feature network
#
# A network that has learned to tell pictures apart turns each picture into **activations**.
# This **feature network** is frozen, and what it can't see is never painted.
# It takes RGB in [0, 1]; its first layer turns that into what it was trained on: blue first, 0 to 255, less the mean.
# Gatys et al. take VGG-19, we its sister VGG-16: thirteen convolutions in five blocks, a pooling after each.
#
# VGG-16's weights began as ImageNet's; an edge detector built on them has tuned them a little.
# Without them, 55 MB, the course's own network of 1 MB steps in.

# %%
from course_utils.models import features

KIND = {"quick": features.best(), "full": "vgg19"}[PROFILE]
network, eye = features.network(KIND), features.CALLED[KIND]
print(features.KINDS[KIND])
seen = network(content[None])
print(len(features.STYLE[KIND]), "layers for style;  content:", features.CONTENT[KIND])
for name in features.PAPER:
    print(name, seen[name].shape)

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 9.
# > Let the room name what differs between the painters: colours, the width and direction of strokes, outlines.
# > Each of these words will be a layer later on.
# > The feature network is frozen: it says how far off the picture is, and learns nothing.
# > `PROFILE = "full"` takes VGG-19, which is downloaded then, 80 MB.
# > Two changes of the paper are in ours, too: pools average, and activations are rescaled to a mean of 1.
# > Say aloud which feature network makes today's pictures, and repeat it when someone compares with pictures from the web.

# %% [markdown]
# ## Content: what a layer keeps
#
# Start from noise, and change it until one layer's activations are those of the photograph.
# $F_{ik}$ is channel $i$ at place $k$, $P_{ik}$ the photograph's:
#
# $$L_\mathrm{content} = \tfrac{1}{2} \sum_{i,k} (F_{ik} - P_{ik})^2$$
#
# Lecture slides print it without the square: then every activation that shrinks lowers the loss, whatever $P$ is.
# They also say that an early layer forces equal pixels, and that a deep one invents objects that the photograph doesn't show.

# %%
from course_utils import losses
from course_utils.show import show_source
from course_utils.teach import Bets

bets = Bets()
show_source(losses.content_loss)
mirrored, theirs = (network(p[None]) for p in (content[:, ::-1], images.resize(painting, (SIDE, SIDE))))
layer = features.CONTENT[KIND]
costs = [float(losses.content_loss(f[layer], seen[layer])[0]) for f in (mirrored, theirs)]
print(f"{layer}: mirrored, it costs {costs[0] / costs[1]:.0%} of the painting: content minds places")
said(0.3 < costs[0] / costs[1] < 1)

# %% [markdown]
# ### A pixel moves
#
# Nothing is trained here but the picture: its pixels are the variable, and the loss has a gradient for each of them.
# Five steps by hand, from grey noise, down the gradient of one layer's content loss.

# %%
import tensorflow as tf

small = images.resize(content, (96, 96))
wanted = network(small[None])["block2_conv1"]
picture = tf.Variable(np.random.default_rng(SEED).uniform(0.4, 0.6, (1, 96, 96, 3)).astype("float32"))
steps = [picture.numpy()[0]]
for _ in range(5):
    with tf.GradientTape() as tape:
        loss = losses.content_loss(network(picture)["block2_conv1"], wanted)[0]
    gradient = tape.gradient(loss, picture)  # (1, 96, 96, 3): one number per pixel and channel
    picture.assign(tf.clip_by_value(picture - 0.05 * tf.sign(gradient), 0, 1))
    steps.append(picture.numpy()[0])
    print(f"loss {float(loss):.3g}")

# %% [markdown]
# ### Out of the noise

# %% tags=["hide"]
show_images([steps[0], steps[2], steps[5]], ["noise", "after two steps", "after five"],
            height=4.2, alt="Grey noise, in which outlines of a portrait appear.")

# %% [markdown]
# Only the sign of the gradient is used here, so that each pixel moves by 0.05 per step, up or down.
# Outlines of hair and collar come out of the noise, in colours that are mostly wrong.

# %% [markdown]
# ### Rebuild a picture from one layer

# %% tags=["hide"]
def rebuilt(name, side=96, evaluations=25):
    made = style.Repainting(network, content, start="noise", side=side, content_layer=name, gamma=1e-2)
    return made.lbfgs(evaluations).picture
def off(made, name):
    return style.distances(network, made, content, painting, content_layer=name)["content_distance"]
layers = features.PAPER  # the first of each block
made = {name: rebuilt(name) for name in layers}
numbers = {name[:6]: (off(p, name), off(p, layers[0])) for name, p in made.items()}
show_images([middle(p, 1, 0.6) for p in made.values()],
            [f"{block}: {own:.2f} ({first:.2f})" for block, (own, first) in numbers.items()],
            height=4.2, alt="A portrait rebuilt from five layers, one after the other.")
said(numbers["block1"][0] < 0.05 and all(2 * n[0] < n[1] for n in list(numbers.values())[1:]))

# %% [markdown]
# Five runs from the same noise, one layer each; in the titles $|F - P|^2 / |P|^2$ of the layer itself and, in brackets, of the first block.
# From the first block the picture comes back whole; from the next ones, in so few evaluations, its lines do; from the fifth little but rough forms.
# So the slides' first claim holds, and nothing here bears out the second: scrolls appear, no objects.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 8.
# > The paper's figure 1, content row, in half a minute; the middle blocks would need longer.
# > The numbers in brackets needn't grow with depth: what a layer doesn't see stays as the noise left it.
# > Ask which layer to choose if the person must be known again and the brush free.

# %% [markdown]
# ## Style: what goes together, wherever it is
#
# The **Gram matrix** $G$ multiplies two channels place by place and sums over all places $k$, which forgets them.
# The loss compares it with the painting's, $A$; $N$ channels and $M$ places are the layer's own, and the $w_l$ are equal, with the sum 1.
#
# $$G_{ij} = \sum_k F_{ik} F_{jk}, \qquad E = \frac{1}{4 N^2 M^2} \sum_{i,j} (G_{ij} - A_{ij})^2, \qquad L_\mathrm{style} = \sum_l w_l E_l$$
#
# Slides that print $1 / (h w n_C)^2$ have lost the 4, which a smaller $\beta$ makes up for.

# %%
show_source(losses.gram_matrix, losses.style_loss)
gram, *others = (losses.gram_matrix(f["block1_conv1"]) for f in (seen, mirrored, theirs))
costs = [float(losses.style_loss(other, gram[0], SIDE * SIDE)[0]) for other in others]
print(f"block1_conv1: mirrored, it costs {costs[0] / costs[1]:.0%} of the painting: style forgets places")
said(costs[0] < 0.05 * costs[1])

# %% [markdown]
# ### Rebuild a texture
#
# The mirrored portrait had another content and nearly the same style.
# From noise again, now with Gram matrices alone.

# %% tags=["hide"]
def texture(blocks, side=128, evaluations=30):
    weights = {name: (int(name[5]) <= blocks) / blocks for name in features.STYLE[KIND]}
    made = style.Repainting(network, content, painting, start="noise", side=side, scale=1.5,
                            alpha=0, gamma=0.5, weights=weights)  # alpha=0: no content
    return made.lbfgs(evaluations).picture
def far(p):
    return style.distances(network, p, content, painting, 1.5, ["block4_conv1"])["style_distance"]
textures = [texture(blocks) for blocks in (1, 2, 4)]
show_images([middle(p, 1, 0.75) for p in textures] + [middle(painting, 2 / 3, 1 / 2)],
            ["block 1", "blocks 1 to 2", "blocks 1 to 4", "from the painting"],
            height=4.2, alt="Textures: grains of the right colours, strokes, waves; the painting.")
said(far(textures[0]) > far(textures[1]) > far(textures[2]))

# %% [markdown]
# One block knows the main blues and hardly any shape; more of them bring the strokes nearer to waves.
# No wave is where it was in the painting: the sum over places forgot.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 8.
# > The paper's figure 1, the rows for style.
# > Shuffle the columns of a small matrix F on the board, its places: F Fᵀ stays.

# %% [markdown]
# ## Both together

# %% tags=["hide"]
from course_utils.show import show_figure
from course_utils.show.gatys_way import gatys_way

show_figure(gatys_way(content, steps[-1], painting), alt="Content and painting go through a frozen "
            "network once, and give activations P and Gram matrices A; the picture goes through it "
            "again and again, and gives F and G. Two losses compare them, and the gradient leads "
            "back through the network to the picture alone.")

# %% [markdown]
# What belongs to content and painting alone is computed once.
# The gradient, dashed, leads through the frozen feature network to the **pixels**, and nothing else is changed by it.

# %% [markdown]
# ### One evaluation
#
# $$L = \alpha L_\mathrm{content} + \beta L_\mathrm{style} + \gamma V$$
#
# $V$, total variation, sums the squared steps between neighbouring pixels and damps grain.
# We divide content by the number of its activations, $V$ by that of the picture's values, and $G$ and $A$ each by its own $M$, so that one $\beta$ suits every size.
# The paper sums, and its $\alpha / \beta$, $5 \cdot 10^{-4}$ to $5 \cdot 10^{-3}$, belongs to those sums.

# %%
import time
from course_utils.show.live import Live

show_source(style.Repainting.evaluate, style.Repainting.terms)
coarse = 3 * SIDE // 8
repainting = style.Repainting(network, content, painting, side=coarse, scale=SCALE)

# %% [markdown]
# ### Watch it paint
#
# Stop it with the square button if you like it; run the cell again, and it goes on.

# %%
print(f"It will take about {repainting.cost(run.steps, (coarse, SIDE)):.0f} seconds.")
live = Live(run.steps, lambda: ([repainting.picture], [eye]), keep="04_style",
            parts=("α content", "β style"), alt="Losses fall; the portrait turns into strokes.")
began = time.perf_counter()
repainting.lbfgs(run.steps, sides=(coarse, SIDE), callbacks=[live])
seconds = time.perf_counter() - began
repainting.resize(SIDE)  # if it was stopped before

# %% [markdown]
# Content and style are drawn with their weights, as the loss adds them up: at first nearly all of it is style.
# Strokes come while the picture is small, their grain when it has grown: halfway, where the size changes, the pale line jumps.

# %% [markdown]
# ### Hang it up
#
# One begins from the photograph in the painting's colours, one from **noise** in these colours.

# %% tags=["hide"]
grain = style.in_colours_of(painting, np.random.default_rng(SEED).random((SIDE, SIDE, 3), "float32"))
noise = style.Repainting(network, content, painting, grain, coarse, alpha=100, scale=SCALE,
                         content_layer="block2_conv1")
noise.lbfgs(run.steps // 2, sides=(coarse, SIDE))
shown = {"content": photograph, "style": painting, f"from the content, {eye}": repainting.picture,
         f"from noise, {eye}": noise.picture}
show_images([middle(p, 1, 0.75) for p in shown.values()], list(shown), height=4.2,
            alt="A portrait in the style of night waves: the photograph, the painting, and what came out.")
said(repainting.history[0]["β style"] > 0.9 * repainting.history[0]["loss"])
said(live.losses[run.steps // 2 - 1:][:1] <= live.losses[run.steps // 2:][:1])

# %% [markdown]
# Strokes curl through the wall behind her and along the suit, where the photograph is smooth; her eyes are nearly lost.
# From noise only the content loss brings her in, so there it takes an early layer and counts a hundredfold.
# Half as many evaluations end at an outline with few strokes.

# %% [markdown] tags=["optional"]
# ### And larger
#
# Twice the side is four times the work; half as many evaluations do, since the strokes are there already.

# %%
from course_utils.show import on_button, play

def larger():
    finer = style.in_colours_of(painting, images.resize(portrait, (2 * SIDE, 2 * SIDE)))
    made = style.Repainting(network, finer, painting, start=repainting.picture, side=2 * SIDE, scale=SCALE)
    return [made.lbfgs(run.steps // 2).picture], None, None, 5.5
cost = repainting.cost(run.steps // 2, [2 * SIDE])
on_button(f"Paint on at {2 * SIDE} × {2 * SIDE}: about {cost:.0f} s", larger,
          alt="The portrait, painted on at twice the size.");

# %% [markdown]
# ### Eight from the studio

# %% tags=["hide"]
import json
from course_utils import paths

gallery = json.loads((paths.EVIDENCE / "04.json").read_text())["gallery"]
sheet = images.read_image(paths.EVIDENCE / "04_paintings.jpg")
show_images(np.split(sheet, len(gallery), axis=1), gallery, columns=4, height=2.4,
            alt="Cats, cups of coffee and rockets, as waves, as stained glass and as marbled paper.")

# %% [markdown]
# The last two were painted at twice the size.
# Glass wants large forms, a cat's head or a cup; fine strokes suit fur and sky.

# %% [markdown]
# ### L-BFGS against Adam
#
# Adam averages gradients and their squares; **L-BFGS** also sees how gradients change.

# %% tags=["hide"]
from course_utils.show.figures import line_figure
from ipywidgets import Dropdown, SelectionSlider

small = style.Repainting(network, content, painting, side=48, scale=SCALE)
curves = style.descents(small, run.steps, rates=(0.01, 0.02, 0.04, 0.08))
best = min(curve[-1] for name, curve in curves.items() if "Adam" in name)
reached = int((curves["L-BFGS"] > best).sum()) + 1
logs = {name: np.log10(curve) for name, curve in curves.items()}
show_figure(line_figure(range(run.steps), logs, ("evaluation (a loss and its gradient) at 48 × 48", "log10 of the lowest loss"), (12, 4.4)),
            alt="The lowest loss so far over evaluations: L-BFGS falls fastest.")
print(f"Adam at its best reaches after {run.steps} evaluations what L-BFGS has after {reached}.")
said(0.4 * run.steps < reached < 0.7 * run.steps)

# %% [markdown]
# L-BFGS reaches Adam's best loss with little more than half the evaluations, and without a rate to choose.
# Networks keep to Adam: each batch has another loss and another gradient.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 11.
# > The bold line is the mean of some evaluations before and after each, so it rises before the jump.
# > Follow the dashed arrows with a finger, and ask who is being trained: nobody, the picture is the only variable.
# > Ask which of the two portraits the room would hang up.
# > L-BFGS keeps ten steps; where the gradient hardly changes along one, the valley is flat and it goes far.
# > A ball in a valley: Adam rolls, L-BFGS draws a map of the valley and jumps.

# %% [markdown] tags=["optional"]
# ### Turn the knobs

# %% tags=["hide"]
def knobs(by, beta, layer, strokes):
    both = {name: (painters.paint(name, 1), 1.0) for name in by.split(" and ")}
    its = style.in_colours_of(next(iter(both.values()))[0], photograph)
    made = style.Repainting(network, its, both, side=160, beta=beta * style.BETA[KIND] / len(both),
                            content_layer=layer, scale=strokes).lbfgs(24, sides=(80, 160)).picture
    kept = style.keep_colours(images.resize(photograph, made.shape[:2]), made)
    return [photograph, made, kept], ["photograph", f"{by}, {beta} β, {layer}", "only lightness repainted"], 3, 4.2
play(knobs, alt="A portrait, repainted with these settings; on the right in its own colours.",
     by=Dropdown(options=["glass and waves", *painters.STYLES]),
     beta=SelectionSlider(options=[0.1, 1, 10, 100], value=1),
     layer=Dropdown(options=[features.CONTENT[KIND], *layers]),
     strokes=SelectionSlider(options=[0.7, 1.0, 1.5, 2.5], value=1.5));

# %% [markdown]
# Two painters' style losses are averaged, which asks for the mean of their Gram matrices: cells in the plain wall, curls at the collar, and no border between two hands.
# Which $\beta$ loses the person?

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 5.
# > On the right **a** and **b** of Lab are the photograph's; two painters paint in the colours of the first.
# > Let someone name β before the slider moves; each change paints anew, in a few seconds.
# > A portrait that the sitter should like keeps its colours; a poster needn't.

# %% [markdown] tags=["optional"]
# ## Misprint detective
#
# Lecture slides print the Gram matrix with a **plus**: $\sum_k F_{ik} + F_{jk}$.
# Others leave out the **square** of the style loss.
# Both run below beside the right one, twenty evaluations each.

# %%
from course_utils.exercises import style as mistakes

printed = {"right": {}, "plus": {"gram": mistakes.plus_for_times},
           "no square": {"style_loss": mistakes.style_without_square}}
bets.ask("misprint", "Without the square: the lowest style loss within 20 evaluations?", -1, 1, step=0.05)
results_of = {name: style.Repainting(network, content, painting, side=96, scale=SCALE, **wrong)
              .lbfgs(20) for name, wrong in printed.items()}

# %% [markdown]
# ### What the misprints paint

# %% tags=["hide"]
show_images([made.picture for made in results_of.values()], list(printed),
            alt="Three portraits: with strokes, with other ones, and without.")
lowest = min(told["style"] for told in results_of["no square"].history)
said(lowest < 0)
bets.reveal("misprint", lowest)

# %% [markdown]
# With a plus, the matrix holds only each channel's sum, so which channels occur together is lost.
# Without the square the painting $A$ drops out of the gradient: whatever lowers the activations lowers the loss, below 0, and no stroke comes.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 4.
# > The first misprint still gives a picture: no error message, only a worse painter.
# > A popular implementation divides every layer by the picture's size: its first layer counts 1024 times as much as the fifth.

# %% [markdown]
# ## In one pass, and who judges
#
# Johnson, Alahi and Fei-Fei train a **feed-forward network** to answer with the repainted picture at once, by the very same loss.
# Ours was trained for waves only, by the course's feature network; another painting or another $\beta$ means another training.
#
# It takes the photograph itself, RGB in [0, 1]; its own first layer, `in_colours`, gives each channel the painting's histogram.
# In a clear sky a convolution answers the same everywhere: there is nothing to make strokes from.
# So ours has a **canvas**, a learned pattern, beside the activations.

# %%
from course_utils.models import fast_style
from course_utils.training import fast_style as fast

show_source(fast.FastStyle.train_step)

# %% [markdown]
# ### The trade
#
# It has seen neither of these; put a `me.jpg` into `work/`, and it repaints you.

# %% tags=["hide"]
import timeit
from course_utils.teach import your_picture
feed_forward, whole = fast_style.load("waves"), photographs(256)[list(fast.UNSEEN)]
answers = fast_style.repaint(feed_forward, np.stack([images.resize(photograph, (256, 256)), whole[1]]))
you = your_picture(256)
passes = timeit.repeat(lambda: fast_style.repaint(feed_forward, you[None]), number=1, repeat=9)
milliseconds = 1000 * np.median(passes)
shown = [whole[1], answers[1], you, fast_style.repaint(feed_forward, you[None])[0]]
show_images([middle(p, 1, 0.78) for p in shown],
            ["photograph", "in one pass", "you", f"in {milliseconds:.0f} ms"], height=4.2,
            alt="A cat, and your picture or its stand-in, each with the same repainted as waves.")

# %% [markdown]
# The long bands and the blues of the waves are there, and a fine slanted hatch that no painting has: the course's feature network, by whose loss it was trained, seems blind to it.

# %% [markdown]
# ### Who judges?
#
# The same pair is painted by three feature networks, at equal size, with equally many evaluations.
# The **judge** is a network by whose loss nothing was painted; it measures **style distance**, the mean of $|G - A|^2 / |A|^2$ over its layers, and, in brackets below, **content distance**, $|F - P|^2 / |P|^2$.
# Both are 0 at best; where it sees nothing, 1.

# %%
bets.ask("judge", "Which share of the matched colours' style distance will be left?", 0, 1)
judge, rivals = style.outside_judge(), {features.CALLED[kind]: kind for kind in ("random", "course")}
made = {"colours matched": content}
for name, kind in rivals.items():
    other = style.Repainting(features.network(kind), content, painting, side=coarse, scale=SCALE)
    made[name] = other.lbfgs(run.steps, sides=(coarse, SIDE)).picture
made |= {eye: repainting.picture, "feed-forward": answers[0]}
compared = {name: style.distances(judge, picture, content, painting, SCALE)
            for name, picture in made.items()}
before, after = (float(repainting.parts(p[None])["style"]) for p in (content, repainting.picture))
print(f"by {eye} the style loss is {after / before:.1%} of that of the matched colours")
print("the judge:", judge.name)

# %% [markdown]
# ### The judge is stricter than the loss

# %% tags=["hide"]
titles = [f"{name}\n{told['style_distance']:.2f} ({told['content_distance']:.2f})"
          for name, told in compared.items()]
show_images([middle(p, 1, 0.65) for p in made.values()], titles, height=4.2,
            alt="The portrait in matched colours, by three feature networks, and in one pass.")
apart = {name: told["style_distance"] for name, told in compared.items()}
left = apart[eye] / apart["colours matched"]
said(apart[eye] == min(apart.values()))
said(apart["feed-forward"] == sorted(apart.values())[-2])  # only the matched colours are farther off
said(after < 0.05 * before and left > 0.4)
bets.reveal("judge", left)

# %% [markdown]
# Random weights give grain, the course's feature network grit, VGG-16 strokes that bend around forms: nearest, by less than chance can make.
# One pass falls behind all three.
# In VGG-16's own loss hardly anything of the style is missing, to the judge much of the distance remains: the picture was optimised for one network, and another one need not agree.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 6, three of them for the judge.
# > Content distance is near 1 for portraits in which everybody knows her: it says little about that.
# > How the feed-forward network was trained stands in `data/checkpoints/04_waves.json`: on a GPU in minutes, on two cores in most of a day.
# > `course serve` repaints uploads with this network: let someone send a photograph of the room.
# > Pictures of people need their consent, repainted or not.

# %% [markdown]
# ## Recap
#
# 1. Early layers keep pixels, deep ones rough forms, Gram matrices what goes together.
# 2. Content is half a sum of squares; Gram entries are products; $N$ and $M$ are the layer's own.
# 3. The picture is the variable; L-BFGS needs fewer evaluations than Adam's best.
# 4. A feed-forward network takes milliseconds, for one style and one balance; no feature network can judge its own paintings.
#
# Now you: [exercises](exercises/04_style_transfer.ipynb), or another painter: `DATASET = "glass"`.
#
# References: Gatys et al., 2016 (equations 1 to 7); Johnson et al., 2016; Simonyan, Zisserman, 2015; Xie, Tu, 2015 (the edge detector).
# The lecture slides that are quoted are unpublished.

# %%
from course_utils import results

bets.score()
found = compared[eye] | {"seconds_optimise": seconds, "ms_feed_forward": milliseconds,
                          "evaluations_lbfgs": reached, "evaluations_adam": run.steps}
baselines = {name: compared[name] for name in ("colours matched", *rivals) if rivals.get(name) != KIND}
results.record(run, found, found, baselines, features=KIND)
results.must_beat(run, found, baselines)
results.must_beat(run, found, {"Adam": {"evaluations_lbfgs": run.steps}}, "evaluations_lbfgs")

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 1.
# > Ask for one thing outside art where how matters more than what: handwriting, maps, voices.
