# %% [markdown]
# # Encode it: a StyleGAN, and pSp in front of it
#
# A network that has learned what faces look like paints one for any list of numbers.
# Here a second network learns to find the numbers: for a face, for a profile, for a drawing.
#
# ![Six drawings by lines and six by regions, and the faces that the encoders answer.](pictures/08_stylegan_encoder.png)
#
# - **Time**: 45 minutes to read; about a minute to run on a CPU.
# - **You need**: lesson 02 (GANs), lesson 04 (what a network sees).
# - **Data**: people drawn by the course (CC BY 4.0), from every side.

# %% [markdown]
# ## Objectives
#
# 1. Say what mapping, styles and noise do in a StyleGAN, and steer it: truncate, mix, move along directions.
# 2. Put an encoder in front of a frozen generator, and name its four losses.
# 3. Turn faces to the front without ever seeing a pair, draw faces with lines, and measure both.

# %% tags=["parameters"]
PROFILE = "quick"
DATASET = "synthetic"
SEED = 0
STEPS = None
TEST_DATA = None

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 1.
# > Ask who could draw a face from the front that they have seen from the side only: how do they do it?

# %% [markdown]
# ## Faces, and what is asked
#
# A face in profile goes in, the same face from the front comes out.
# Our people don't exist, so we can draw them from both sides and see how near an answer comes.

# %%
import numpy as np
from course_utils import images, metrics, paths, profile, results
from course_utils.data import psp as data
from course_utils.models import psp as encoders
from course_utils.models import recognition, stylegan
from course_utils.teach import Bets
from course_utils.training import psp as training

run = profile.start("08", PROFILE, DATASET, SEED, STEPS, TEST_DATA)
train, test = data.load(DATASET, run.test_data)
data.draw(train + test)
learned, faces = (images.to_float(data.stacked(part)[0]) for part in (train, test))
views = data.turned([one.seed for one in test])
yaws = [yaw for yaw in views if yaw]
print(len(learned), "people to learn from,", len(faces), "others to test on, from", len(views), "sides")

# %% [markdown]
# ### The same people from five sides

# %% tags=["hide"]
from course_utils.show import show_images

show_images([views[yaw][n] for n in range(2) for yaw in views], [f"{yaw}°" for yaw in views], columns=5, height=2.4,
            alt="Two people, each from the front and turned by 30, 50, 70 and 90 degrees.")

# %% [markdown]
# At 90° half of the face is hidden: what is asked for can't be computed from the picture, it must be known.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 4.
# > What does somebody's left cheek tell about the right one?
# > When is that wrong?

# %% [markdown]
# ## A generator with styles

# %% tags=["hide"]
from course_utils.show import show_figure
from course_utils.show.stylegan_way import stylegan_way

show_figure(stylegan_way(faces[0]),
            alt="z goes through the mapping and becomes w; ten copies of it steer the synthesis, from 4 × 4 to 64 × 64 pixels.")

# %% [markdown]
# A plain GAN is fed with noise; a StyleGAN begins with a learned constant, and is steered.
# The mapping makes a vector $w$ of the noise $z$, and each convolution takes a **style** from it; fresh noise at each size adds what the styles leave to chance.

# %% [markdown]
# ### What a style does
#
# A style $s$, linear in $w$, scales a convolution's input channels; **demodulation** undoes the change of strength.
# Here $k$ is the kernel, $i$ counts input channels, $j$ output channels, and $l$ places of the kernel:
#
# $$k'_{ijl} = s_i\, k_{ijl} \qquad k''_{ijl} = \frac{k'_{ijl}}{\sqrt{\sum_{i,l} {k'_{ijl}}^2 + \varepsilon}}$$
#
# The code scales what goes in and what comes out, which is the same.

# %%
from course_utils.show import show_source

show_source(stylegan.ModulatedConvolution.call, stylegan.demodulation)

# %% [markdown]
# ### How it learns
#
# Discriminator $D$ and generator take turns, as in lesson 02; the only input is random numbers, and there is no target picture.
#
# **Non-saturating loss**: the generator's fakes are to be called real.
# **R1**: the discriminator's gradient at real pictures should be small; $\frac{\gamma}{2} \lVert \nabla D(x) \rVert^2$ is computed in every 16th step only.
# **Style mixing**: half of the pictures get two $w$, one up to a random place, the other from there on.

# %%
from course_utils.training import stylegan as gan

show_source(gan.StyleGAN.train_step)

# %% [markdown]
# ### The first seconds
#
# At 8 × 8 pixels a few seconds show something; the shipped one learned in the same way at 16, 32 and 64 pixels.

# %%
from dataclasses import replace
from course_utils.show.live import Live

small = replace(gan.SHIPPED, network=replace(stylegan.SHIPPED, side=8))
z = np.random.default_rng(SEED).normal(size=(6, stylegan.SHIPPED.latent)).astype(np.float32)
watch = lambda: list(stylegan.paint(watched.model.synthesis, watched.model.mapping.predict(z, verbose=0)))
watched = Live(90, watch, keep="08_stylegan", alt="Six pictures of 8 × 8 pixels that slowly become heads.")
gan.train(data.Mirrored(learned, 8), 90, SEED, small, batch=32, callbacks=[watched]);

# %% [markdown]
# Some pictures have a bright spot in the middle, a first hint of a head.
# The loss doesn't measure quality, since the discriminator learns, too.

# %% [markdown]
# ### After a long training
#
# From here on, the generator is the shipped one; its weights are the mean of those of its last steps.

# %%
mapping, synthesis = stylegan.load()
mean = stylegan.mean_style(mapping)
z = np.random.default_rng(SEED + 1).normal(size=(12, mapping.input_shape[-1])).astype(np.float32)
w = mapping.predict(z, verbose=0)
print("z", z.shape, "to w", w.shape, "to pictures", stylegan.paint(synthesis, w[:2]).shape)
directions = stylegan.directions(mapping)  # of 5,000 random w, each a standard deviation long
bets = Bets()
bets.ask("inversion_ssim", "An encoder gets a new face, this paints its answer: SSIM?", 0, 1, step=0.02)

# %% [markdown]
# ### Nobody, truncated and moved

# %% tags=["hide"]
import ipywidgets
from course_utils.show import play
from course_utils.show.figures import image_figure

def moved(psi, **steps):
    move = sum(step * directions[n] for n, step in enumerate(steps.values()))
    short = stylegan.truncated(w[:9], mean, psi)
    pictures = stylegan.paint(synthesis, [*w[:9], *short, *short + move])
    return image_figure(pictures, [f"face {n}" for n in range(9)], columns=9, height=1.35, rows=("from w", "truncated", "moved"))

play(moved, alt="Nine faces, the same pulled towards the mean, and these moved along some directions.",
     psi=ipywidgets.FloatSlider(0.6, min=-0.5, max=1.3, step=0.1, description="ψ"),
     **{f"component {n + 1}": ipywidgets.FloatSlider(2 * (n == 0), min=-3, max=3, step=0.5) for n in range(3)});

# %% [markdown]
# **Truncated**: $\bar w + \psi\,(w - \bar w)$, with the mean style $\bar w$; **moved**: then along the main directions of $w$.

# %% [markdown]
# ### Whose style is it?

# %% tags=["hide"]
def inherited(change):
    table = np.tile(w[:3, None, None], (1, 9, 10, 1))  # (3, 9, 10, latent): rows, columns, styles
    table[:, 1:, change:] = w[3:11, None]
    table[0, 1:] = w[3:11, None]
    pictures = stylegan.paint(synthesis, table.reshape(-1, 10, w.shape[1]))
    pictures[0] = 1
    return image_figure(pictures, [f"0 to {change - 1}"] + [f"{change} to 9"] * 8, columns=9, height=1.35)

play(inherited, alt="A table of faces: each row has the coarse styles of its first face, each column the fine styles of its top one.",
     change=ipywidgets.IntSlider(3, min=1, max=9));

# %% [markdown]
# The first styles, from the left, decide head, hair and background; the others shift the tint.

# %% [markdown]
# ### Precision and recall
#
# **Precision**: the share of painted faces no farther from a drawn one than its third nearest drawn neighbour; **recall**: the same, exchanged.
# Distances are the **judge**'s.

# %% tags=["hide"]
from course_utils.models import checkpoints

told = checkpoints.told("08_synthesis")["metrics"]
print(f"5,000 painted faces against 5,000 drawn ones: precision {told['precision']:.2f}, recall {told['recall']:.2f}")
judge = recognition.load("judge")
painted = stylegan.paint(synthesis, w[:6])
alike = recognition.embed(judge, painted) @ recognition.embed(judge, learned).T
show_images([*painted, *learned[alike.argmax(1)]], [f"{each:.2f}" for each in alike.max(1)], columns=6, height=2, rows=("painted", "most alike"),
            alt="Six painted faces, and below each the most similar one of those that it learned from.")

# %% [markdown]
# Cosines to the most alike of 400 who trained it: one person seen twice has about 0.9, strangers 0.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 13.
# > With the truncation slider: what does ψ = 0 show?
# > Which would you take for a passport, and which for a crowd in a film?
# > Let the room name what each direction changes.

# %% [markdown]
# ## An encoder in front
#
# Which styles paint *this* face?
# **pSp** trains a network to answer that, in one look; the generator stays as it is.

# %% tags=["hide"]
from course_utils.show.psp_way import psp_way

encoder = encoders.load("inversion")
first = mean + encoder.predict(data.sources("inversion", faces[:1]), verbose=0)
show_figure(psp_way(faces[0], stylegan.paint(synthesis, first)[0]),
            alt="A face enters a backbone; a pyramid of three maps leads to ten styles; the frozen generator paints them.")

# %% [markdown]
# Coarse styles are read off the smallest map, fine ones off the largest.
# The encoder answers offsets from the mean style: answering nothing, it paints the mean face.

# %% [markdown]
# ### Four losses
#
# $$L = \lambda_2 L_2 + \lambda_p L_{\mathrm{perceptual}} + \lambda_{id} (1 - \cos) + \lambda_w \lVert w - \bar w \rVert$$
#
# **L2** compares pixels; **perceptual** compares what a network trained on ImageNet sees, layer by layer.
# **Identity** is 1 minus the cosine of two vectors of a network that tells people apart; the judge is another one, which no loss uses.
# **W-norm** keeps the styles near the mean, where the generator paints well.
# Each task has its own λ; `pool` is the side of the squares of pixels whose means L2 compares.

# %%
from course_utils.show import tell

tell({task: vars(weights) for task, weights in training.WEIGHTS.items()})

# %% [markdown]
# ### Watch an encoder learn
#
# About twenty seconds on 400 people; the encoder alone begins untrained.

# %%
def answer(encoder, sources):
    return stylegan.paint(synthesis, mean + encoder.predict(sources, verbose=0))

parts, looked_at = (synthesis, mean, recognition.load()), data.sources("inversion", faces[:3])
watch = lambda: ([*faces[:3], *answer(learning.model.encoder, looked_at)], ["given"] * 3 + ["answer"] * 3)
learning = Live(run.steps, watch, keep="08_encoder",
                alt="Three faces, and what the encoder has the generator paint for them.")
example = data.Examples("inversion", data.stacked(train)[0])
just_now = training.train(example, "inversion", run.steps, SEED, parts, callbacks=[learning]).encoder

# %% [markdown]
# After so few steps it follows the skin's colour; hats, glasses and the turn of a head are still missing.

# %% [markdown]
# ### Faces that it has never seen
#
# **Mean face**: what the mean style paints, whoever is asked for; **cosine**: of the judge's vectors.

# %%
sources = data.sources("inversion", faces)
answers = {"mean face": np.repeat(stylegan.paint(synthesis, mean[None]), len(faces), 0),
           "just now": answer(just_now, sources), "shipped": answer(encoder, sources)}
known = recognition.embed(judge, faces)
inverted = {name: {"inversion_ssim": np.mean([metrics.ssim(*pair) for pair in zip(faces, made)]),
                   "cosine": np.mean(np.sum(known * recognition.embed(judge, made), -1))}
            for name, made in answers.items()}
tell(inverted)
bets.reveal("inversion_ssim", inverted["shipped"]["inversion_ssim"])

# %% [markdown]
# ### The best and the worst

# %% tags=["hide"]
from course_utils.show import best_and_worst

each = [metrics.ssim(*pair) for pair in zip(faces, answers["shipped"])]
worth = best_and_worst(each, 4)
show_images([rows[n] for rows in (faces, answers["just now"], answers["shipped"]) for n in worth], [f"{each[n]:.2f}" for n in worth],
            columns=len(worth), height=1.75, rows=("face", "just now", "shipped"), alt="Eight faces, and what two encoders make of them.")

# %% [markdown]
# SSIM of the shipped encoder: it forgives a lost beard (first); the worst wear glasses or look aside.

# %% [markdown]
# ### Against searching
#
# A search begins at the mean style, and has the gradient move the ten styles of one picture, step by step.
# `times`: its seconds over the encoder's; `share`: how much of its SSIM the encoder reaches.

# %%
import time
import tensorflow as tf
look, paint, search = tf.function(encoder), tf.function(synthesis), training.Search(synthesis, mean)

def timed(styles_of, few=faces[:3]):
    paint(styles_of(few[0]))  # the first call builds the graph
    start = time.perf_counter()
    made = [np.array(paint(styles_of(face)))[0] for face in few]
    seconds = (time.perf_counter() - start) / len(few)
    like = [metrics.ssim(face, images.from_signed(each.clip(-1, 1))) for face, each in zip(few, made)]
    return {"seconds": seconds, "ssim": np.mean(like)}

ways = {f"{steps} steps": timed(lambda face: search(face, steps)[None]) for steps in (50, 200)}
looked = timed(lambda face: mean + look(images.to_signed(face)[None]))
for each in (looked, *ways.values()):
    each |= {"times": each["seconds"] / looked["seconds"], "share": looked["ssim"] / each["ssim"]}
tell({"encoder": looked} | ways)

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 10.
# > Why L2 *and* identity?
# > Ask what each alone would let pass.

# %% [markdown]
# ## To the front
#
# No pairs are needed: source and target are one picture, each mirrored if its own coin says so.

# %% tags=["hide"]
profile_view, coins = views[70][5], [(0, 0), (0, 1), (1, 0), (1, 1)]
pairs = [data.mirrored("frontal", profile_view, profile_view, both) for both in coins]
pairs.append((profile_view, np.mean([target for _, target in pairs[:2]], axis=0)))
show_images([pair[end] for end in range(2) for pair in pairs], [*(f"coins {here}, {there}" for here, there in coins), "0, mean of both"],
            columns=5, height=2.3, rows=("source", "target"),
            alt="A head in profile as source, and below as target, in the four cases of two coins; last the mean of two targets.")

# %% [markdown]
# The mean is a ghost; of whole faces, all that the generator paints, a frontal one is nearest.

# %% [markdown]
# ### Turn the head

# %% tags=["hide"]
turner = encoders.load("frontal")

def fronts(person):
    shown = [views[yaw][person] for yaw in views]
    return image_figure([*shown, *answer(turner, data.sources("frontal", np.stack(shown)))], [f"{yaw}°" for yaw in views],
                        columns=5, height=2.3, rows=("given", "answer"))

play(fronts, alt="A person from five sides, and for each the face from the front that the network answers.",
     person=ipywidgets.IntSlider(5, max=len(faces) - 1));

# %% [markdown]
# What it can't see it fills with the average person: glasses fade, and skin changes its colour.

# %% [markdown]
# ### By angle
#
# **SSIM** to the true front, and **rank one**: the share of answers most like their own person among all.
# Which way comes nearest to the front, and what does it pay in likeness?
# The source slides' cosines, on photographs: .63, .60, .52, .32.

# %%
def by_angle(pictures):  # {yaw: pictures}
    told = {}
    for yaw in yaws:
        near = recognition.embed(judge, pictures[yaw]) @ recognition.embed(judge, views[0]).T
        told[f"frontal_{yaw}"] = np.mean(near.argmax(1) == np.arange(len(near)))
        told[f"frontal_ssim_{yaw}"] = np.mean(list(map(metrics.ssim, views[0], pictures[yaw])))
    return told
turned = {"untouched": views, "mirrored": {yaw: views[yaw][:, :, ::-1] for yaw in yaws},
          "mean face": dict.fromkeys(yaws, answers["mean face"]),
          "pSp": {yaw: answer(turner, data.sources("frontal", views[yaw])) for yaw in yaws}}
fronted = {name: by_angle(pictures) for name, pictures in turned.items()}
keys = {f"ssim_{yaw}": f"frontal_ssim_{yaw}" for yaw in yaws}
keys |= {f"rank_{yaw}": f"frontal_{yaw}" for yaw in yaws}
tell({name: {title: each[key] for title, key in keys.items()} for name, each in fronted.items()})

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 7.
# > Before the first slide: pairs of a profile and a front are rare; how would you train this without any?
# > The judge knows profiles, too, so untouched pictures keep their likeness.

# %% [markdown]
# ## Lines and regions
#
# Lines are one channel, regions thirteen, such as skin, hair and glasses.

# %% tags=["hide"]
drawings = {"sketch": data.sources("sketch", faces[:6]),
            "segmentation": data.sources("segmentation", *data.stacked(test[:6]))}
styles = {task: mean + encoders.load(task).predict(source, verbose=0) for task, source in drawings.items()}
from drawn_worlds.faces import PALETTE

seen = {"sketch": drawings["sketch"], "segmentation": PALETTE[drawings["segmentation"].argmax(-1)]}
columns = [each for task in seen for each in (seen[task] + np.zeros(3), stylegan.paint(synthesis, styles[task]))]
show_images(np.stack(columns, axis=1).reshape(-1, 64, 64, 3), ["lines", "answer", "regions", "answer"] * 2, columns=8, height=1.5,
            alt="Six drawings by lines and six by regions, and the faces that the encoders answer.")

# %% [markdown]
# Regions' colours are only names, so answers choose average ones; glasses get lost, hoods turn into hair.

# %% [markdown]
# ### Which one is real?
#
# One is the truth; the other was made of its lines, by pSp or by lesson 02's pix2pix.

# %%
from course_utils.teach.vote import vote
rows = np.load(paths.EVIDENCE / "08_pictures.npz")["sketch"].reshape(4, -1, 64, 64, 3)
vote(rows[3], {"pSp encoder": rows[1], "pix2pix generator": rows[2]}, seed=SEED);

# %% [markdown]
# ### Beside lesson 02's pix2pix

# %% tags=["hide"]
import json

beside = json.loads((paths.EVIDENCE / "08.json").read_text())["summary"]
show_images(rows.swapaxes(0, 1).reshape(-1, 64, 64, 3), ["lines", "pSp", "pix2pix", "truth"] * 2, columns=8, height=1.5,
            alt="Six drawings by lines, what pSp and pix2pix make of them, and the truth.")
print("cosine", end="   ")
for task, each in beside.items():
    words = (f"{name} {each['identity'][name]['mean']:.2f} ± {each['identity'][name]['half_width_95']:.2f}" for name in ("pSp", "pix2pix"))
    print({"sketch": "lines:", "segmentation": "regions:"}[task], *words, end="   ")

# %% [markdown]
# pix2pix paints each line, also as a wrinkle; it learned from far fewer pictures than pSp's encoder.

# %% [markdown]
# ### One drawing, four faces

# %% tags=["hide"]
def variants(change, seed):
    strangers, rows = stylegan.random_styles(mapping, 4, seed), []
    for drawing in range(2):
        four = np.repeat(styles["sketch"][drawing][None], 4, axis=0)
        four[:, change:] = strangers[:, None]
        rows += [seen["sketch"][drawing], *stylegan.paint(synthesis, four), faces[drawing]]
    return image_figure(rows, ["lines", *["answer"] * 4, "truth"], columns=6, height=2)

play(variants, alt="Two drawings and four faces for each.", change=ipywidgets.IntSlider(3, min=1, max=9),
     seed=ipywidgets.IntSlider(0, max=20));

# %% [markdown]
# Styles up to the slider come from the drawing, the others from four random faces; try 1.

# %% [markdown]
# ### Your picture

# %% tags=["hide"]
from course_utils.data.photographs import PHOTOGRAPHS, photographs
from course_utils.teach import your_picture
from skimage.data import astronaut

portrait = images.centre_square(images.to_float(astronaut()[:240, 105:345]), 64)
cat, cup = (photographs(64)[PHOTOGRAPHS.index(name)] for name in ("chelsea", "coffee"))
you = np.stack([your_picture(64), portrait, cat, cup, faces[1]])
show_images([*you, *answer(encoder, data.sources("inversion", you)), *answer(turner, data.sources("frontal", you))],
            ["you", "a portrait", "a cat", "a cup", "a drawn face"], columns=5, height=1.8, rows=("given", "same view", "front"),
            alt="Your picture, a portrait, a cat, a cup and a drawn face; below them what the encoders answer.")

# %% [markdown]
# The encoders have seen drawn heads only, and the generator paints nothing else, even for a cup.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 8.
# > Let somebody draw a face on the board with five lines: which of them would a network need?
# > What would a generator of real faces need, and whose faces are they?
# > On the demo page (`python -m course_utils serve`), "Four faces" takes drawings by mouse and has named sliders.

# %% [markdown]
# ## Recap
#
# 1. The mapping makes styles of noise, styles scale channels, noise adds what is random; truncation, mixing and directions change the styles.
# 2. An encoder answers offsets from the mean style; pixels, features, identity and the offsets' length are its losses, and the generator stays frozen.
# 3. Mirrored independently, source and target teach it to look straight ahead; an encoder for lines paints faces from drawings.
#
# Left to explore: super-resolution, cats (AFHQ).
# Now you: [exercises](exercises/08_stylegan_encoder.ipynb).
# References: Richardson et al., *Encoding in style*, 2021, eq. 1 to 5; Karras, Laine, Aila, *A style-based generator*, 2019; Karras et al., *Analyzing and improving*, 2020, eq. 1 and 3; Abdal, Qin, Wonka, *Image2StyleGAN*, 2019; Kynkäänniemi et al., *Precision and recall*, 2019; Härkönen et al., *GANSpace*, 2020.

# %%
bets.score()
seconds = {"seconds_encoder": looked["seconds"], "seconds_optimisation": ways["200 steps"]["seconds"]}
stupid = {"mean face": inverted["mean face"] | fronted.pop("mean face")}
best = told | inverted["shipped"] | fronted.pop("pSp") | seconds
results.record(run, best, inverted["just now"], fronted | stupid)
results.must_beat(run, inverted["just now"], stupid)

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 2.
# > Which of your own tasks has a good generator already, and only lacks an encoder?
