# %% [markdown]
# # Faces and sketches: from pairs to CycleGAN
#
# A photograph goes in and a pencil sketch comes out, or the other way round; first with pairs to learn from, then without a single one.
#
# ![The input, an autoencoder, pix2pix, CycleGAN, the truth: five people there, five back.](pictures/03_face_sketch_cyclegan.png)
#
# - **Time**: 54 minutes to read, about a minute and a half to run on a laptop CPU.
# - **You need**: lesson 02 (discriminator, patches, L1).
# - **Data**: people drawn by the course (CC BY 4.0), or the CUHK student faces: `DATASET = "cuhk"`.

# %% [markdown]
# ## Objectives
#
# 1. Translate faces into sketches with an autoencoder, pix2pix and CycleGAN, and say what each needs.
# 2. Say why an adversarial loss alone lets any face come out, and what the cycle adds.
# 3. Compute MAE and SSIM in the right range, and say where they disagree with the eye.
# 4. Split by person, and recognise what goes wrong by its pictures.

# %% tags=["parameters"]
PROFILE = "quick"
DATASET = "synthetic"
SEED = 0
STEPS = None
TEST_DATA = None

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 3.
# > The story: pairs are a luxury; who has a photograph *and* a sketch of the same horse from the same spot?
# > Ask which of the room's own problems have pairs, and which only two heaps of pictures.

# %% [markdown]
# ## People, and who tests
#
# 188 students of the Chinese University of Hong Kong were photographed, and an artist drew each of them: the CUHK faces.
# Ours are drawn by the course, photographs too, and don't exist.
#
# The first thing to do with them is the split, **by person**.
# Only then may pictures be mirrored, shifted or turned.

# %%
import numpy as np
from course_utils import profile
from course_utils.data import face_sketch as data
from course_utils.training import face_sketch as training

run = profile.start("03", PROFILE, DATASET, SEED, STEPS, TEST_DATA)
settings = training.settings_of(DATASET, PROFILE)
train, test = data.load(DATASET, run.test_data, settings["pix2pix"].side)
seen = train[:60] if PROFILE == "quick" and DATASET == "synthetic" else train
data.draw(seen + test)
photos, sketches = (np.stack([getattr(p, part) for p in test]) for part in ("source_picture", "target"))
print(len(train), "people to learn from,", len(test), "others to test on")

# %% [markdown]
# ### The stupid baselines
#
# **Mean sketch**: everybody gets the mean of all training sketches.
# **Grey photograph**: the photograph itself, without its colours, is handed in as a sketch.
# The way back has the same two, from sketches to photographs.

# %% tags=["hide"]
from course_utils.show import show_images

stupid = data.baselines(seen, test)
stupid_back = data.baselines(data.turned(seen), data.turned(test))
show_images([photos[0], sketches[0], *(stupid[kind][0] for kind in stupid), stupid_back["mean"][0]],
            ["photograph", "sketch", "mean sketch", "grey photograph", "mean photograph"],
            alt="A person, the sketch, the mean sketch, the photograph in grey, the mean photograph.")

# %% [markdown]
# Sketches leave out colours and background, and add hatching that no photograph has.
# CUHK's were drawn from the very photograph, line upon line; from memory it would be harder.
# The mean sketch looks like a person, since all faces are about in the same place.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 6.
# > Show the mean sketch and ask whose it is: whatever it scores, it scores without looking at the input.
# > The split comes before everything else; we come back to it with numbers at the end.

# %% [markdown]
# ## Two rulers, and one that isn't
#
# **MAE** is the mean absolute difference, $\frac{1}{n} \sum_i |x_i - y_i|$: 0 is best, and it has the unit of the pixels.
# In [-1, 1] it is twice, in [0, 255] it is 255 times what it is in [0, 1].
#
# Slides that this course grew from also report an **accuracy** of 0.92, since Keras computes one when asked.
# For three channels it counts where the largest of them is the same.

# %%
import keras
from course_utils import images, losses, metrics
from course_utils.teach import Bets

bets = Bets()
bets.ask("accuracy", "Keras' accuracy of plain white paper, as a sketch of everyone?", 0, 1)
accuracy = lambda true, made: float(keras.metrics.CategoricalAccuracy()(true, made))
print(f"accuracy: white paper {accuracy(sketches, np.ones_like(sketches)):.2f}, "
      f"negatives of the sketches {accuracy(sketches, 1 - sketches):.2f}")
print(f"MAE of white paper in [0, 1]: {metrics.mae(sketches, np.ones_like(sketches)):.3f}")
bets.reveal("accuracy", accuracy(sketches, np.ones_like(sketches)))

# %% [markdown]
# ### SSIM looks at windows
#
# **SSIM** compares windows of 11×11 pixels: their means $\mu$, variances $\sigma^2$ and covariance $\sigma_{xy}$ (Wang et al., 2004).
# It is 1 for equal pictures and about 0 for strangers.
#
# $$\mathrm{SSIM} = \frac{(2\mu_x\mu_y + c_1)\,(2\sigma_{xy} + c_2)}{(\mu_x^2 + \mu_y^2 + c_1)\,(\sigma_x^2 + \sigma_y^2 + c_2)},\qquad c_1 = (0.01 L)^2,\; c_2 = (0.03 L)^2$$
#
# $L$ is the range of the values; we take grey pictures in [0, 1].

# %%
bets.ask("mean", "SSIM of the mean sketch, from 0 to 1?", 0, 1, step=0.02)
baselines = {"mean_sketch": metrics.portrait_scores(sketches, stupid["mean"]),
             "grey_photo": metrics.portrait_scores(sketches, stupid["input"])}
for name, numbers in baselines.items():
    print(f"{name:<12}", "  ".join(f"{key} {value:.3f}" for key, value in numbers.items()))
bets.reveal("mean", baselines["mean_sketch"]["ssim"])

# %% [markdown]
# ### The range trap
#
# The same two pictures, six ways to ask; the first column has the right $L$.
# Even there [-1, 1] differs: SSIM compares means, and in [-1, 1] they lie around 0.
# With an $L$ that is too large everything looks alike.
# So convert to [0, 1] first, and say so beside the number.

# %%
import ipywidgets
import matplotlib.pyplot as plt
from course_utils.exercises import core, face_sketch as mistakes
from course_utils.show import play

formulas = {"right": metrics.ssim_window, "factors added": mistakes.denominator_added_up,
            "no minus, no square": mistakes.minus_and_square_missing,
            "σ for σ²": mistakes.deviation_for_variance}
strength, middle = np.linspace(0, 0.3, 31), photos.shape[1] // 2
window, noise = photos[0, middle:, middle, 0], np.random.default_rng(0).normal(size=middle)
x, y = (images.to_grey(picture)[None, ..., None] for picture in (sketches[0], stupid["mean"][0]))
for span, (a, b), right in (("[0, 1]", (x, y), 1), ("[-1, 1]", (2 * x - 1, 2 * y - 1), 2),
                            ("[0, 255]", (255 * x, 255 * y), 255)):
    asked = {top: 1 - float(losses.structural_dissimilarity(a, b, top)) for top in (right, 1, 255)}
    print(f"{span:<9}", "  ".join(f"L = {top:<3} {value:.3f}" for top, value in asked.items()))

# %% [markdown]
# ### Misprint detective
#
# Slides print three others; a window is compared with itself under noise: where must the curve start?

# %% tags=["hide"]
def under_noise(formula):
    figure, axis = plt.subplots(figsize=(7, 3.2))
    for name in dict.fromkeys(("right", formula)):
        axis.plot(strength, [formulas[name](window, window + s * noise) for s in strength], label=name)
    axis.set(xlabel="noise", ylabel="SSIM of the window")
    axis.legend(frameon=False)
    return figure
play(under_noise, alt="SSIM of a window with itself under noise: the right formula falls from 1.",
     formula=ipywidgets.Dropdown(options=list(formulas)[::-1]));

# %% [markdown]
# A window beside itself must get 1: whoever checks a formula on equal pictures finds such misprints.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 12.
# > Paper is as accurate as the artist: a regression has no right answers to count.
# > Let the room bet on the mean sketch before it is measured.
# > The table of ranges is the slide to photograph: six numbers for one pair of pictures.

# %% [markdown]
# ## With pairs
#
# First an **autoencoder**: six convolutions squeeze the picture to a quarter of its sides, eight transposed ones unfold it.
# No skips, no discriminator; its loss is MAE and half of 1 - SSIM.

# %%
from course_utils.data.pairs import Jitter
from course_utils.models import face_sketch as models
from course_utils.show import show_source

show_source(models.autoencoder)
bets.ask("ssim", "How much higher is the autoencoder's SSIM than that of pix2pix?", -0.3, 0.3)

# %% [markdown]
# ### Watch it learn
#
# Outlines come first, hair next, hatching last or never: where nobody can know the stroke, its mean is grey.

# %%
from course_utils.models.pix2pix import translate
from course_utils.show.live import Live

s = settings["autoencoder"]
live = Live(run.steps, lambda: list(translate(live.model, photos[:3])),
            alt="The autoencoder's loss falls; three sketches become clearer.")
trained = training.train_autoencoder(Jitter(seen, s.side), run.steps, SEED, s, callbacks=[live])
live_scores = {"autoencoder": metrics.portrait_scores(sketches, translate(trained, photos))}
print("  ".join(f"{key} {value:.3f}" for key, value in live_scores["autoencoder"].items()))

# %% [markdown]
# ### pix2pix, and the shipped networks
#
# The networks and the step of lesson 02: a U-Net, a discriminator that sees photograph and sketch, 25 · L1.
# The course ships its networks for drawn people, and trains them here for others.

# %%
from functools import cache

def at(side, pictures):
    return np.stack([images.resize(picture, (side, side)) for picture in pictures])

@cache
def both_ways(name):
    if DATASET == "synthetic" and PROFILE == "quick":
        return models.load(name)
    steps = run.steps * training.STEPS_OF[name]
    return training.train_both(name, train, steps, SEED, settings[name])

def translated(name, count=None):
    pair = [at(settings[name].side, pictures[:count]) for pictures in (photos, sketches)]
    return pair, [translate(network, source) for network, source in zip(both_ways(name), pair)]

def score(name):
    pair, made = translated(name)
    return [metrics.portrait_scores(*both) for both in zip(pair[::-1], made)]

# %% [markdown]
# ### Which is better?
#
# Look first, then measure; `sharpness` compares fine texture: 1 is as much as the artist's, 0 is fog.

# %% tags=["hide"]
scores = {name: score(name) for name in ("autoencoder", "pix2pix")}
for name, (numbers, _) in scores.items():
    print(f"{name:<12}", "  ".join(f"{key} {value:.3f}" for key, value in numbers.items()))
bets.reveal("ssim", scores["autoencoder"][0]["ssim"] - scores["pix2pix"][0]["ssim"])
soft, sharp = (translate(both_ways(name)[0], photos[:2]) for name in ("autoencoder", "pix2pix"))
show_images([*soft, *sharp, *sketches[:2]],
            alt="Two sketches each: by the autoencoder, by pix2pix, by the artist.")

# %% [markdown]
# A stroke in the wrong place costs both rulers more than none: grey is the safe answer.
# A person who is asked which one an artist drew doesn't choose grey.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 9.
# > Why transposed convolutions of 4×4 with stride 2? A kernel of 3 reaches pixels unequally often: checkerboards.
# > Vote by hand before the numbers are shown: which would you hang on the wall, and which would a ruler choose?

# %% [markdown]
# ## Without pairs
#
# Now photographs are of one half of the people, and sketches of the **other** half.
# A discriminator of sketches can't say whose one is: a good sketch of *anyone* passes.
# So a second translator $F$ goes back, and must come home (CycleGAN, 2017):
#
# $$L = L_{\mathrm{GAN}}(G) + L_{\mathrm{GAN}}(F) + \lambda \left( \overline{|F(G(x)) - x|} + \overline{|G(F(y)) - y|} \right),\qquad \lambda = 10$$

# %%
from course_utils.training import cyclegan

show_source(cyclegan.CycleGAN.translate, cyclegan.CycleGAN.cycles)

# %% [markdown]
# ### Its parts
#
# Both cycles teach both translators; a well-known example gives each of them only one.
# **Identity**: a sketch given to the sketcher stays as it is; else two that both invert colours would come home, too.
#
# CycleGAN's translators are **ResNets**: halved twice, then blocks that each add a change, then doubled twice.
# Its discriminators learn by **least squares**: 1 is real, 0 is fake, and the distance from there is squared.
# They see fakes out of a **pool** of 50, half of the time an old one, so that they don't forget.

# %%
show_source(models.residual_block, cyclegan.CycleGAN.train_discriminators)

# %% [markdown]
# ### Two heaps of pictures
#
# Half of the people give their photographs, the others their sketches; results of longer trainings are shipped.

# %%
import json
from course_utils import paths
from course_utils.teach import your_picture

side = settings["cyclegan"].side
strangers, you = data.Strangers(seen, side), your_picture(side)
faces, drawings = at(side, photos), at(side, sketches)
evidence = json.loads((paths.EVIDENCE / "03.json").read_text())["summary"]
shipped = np.load(paths.EVIDENCE / "03_pictures.npz")


def there_and_back():
    sketch = translate(live.model.G, faces[:1])
    return [faces[0], sketch[0], translate(live.model.F, sketch)[0]]

# %% [markdown]
# ### Watch it learn
#
# A photograph, its sketch, and the photograph that comes back: which translation is learned first?
# Seconds are not enough for it; all later pictures come from the shipped network, which had minutes.

# %%
live = Live(run.steps // 2, there_and_back,
            alt="The loss falls; a photograph, its sketch so far, and the photograph made of that.")
unpaired = cyclegan.train(strangers, run.steps // 2, SEED, settings["cyclegan"], callbacks=[live])
live_scores["cyclegan"] = metrics.portrait_scores(drawings, translate(unpaired.G, faces))
print("  ".join(f"{key} {value:.3f}" for key, value in live_scores["cyclegan"].items()))

# %% [markdown]
# ### There and back
#
# Choose a person, and where the way begins; or begin with your own picture.
# A cycle that closes well is no proof of a good sketch: it may hold traces that no artist leaves.

# %% tags=["hide"]
def cycle(person, start):
    first, second = both_ways("cyclegan")[:: -1 if start == "sketch" else 1]
    x = {"photograph": faces[person:][:1], "sketch": drawings[person:][:1], "you": you[None]}[start]
    across = translate(first, x)
    return [x[0], across[0], translate(second, across)[0]], ["x", "there", "and back"]

play(cycle, alt="A picture, its translation, and what comes back.",
     person=ipywidgets.IntSlider(0, min=0, max=min(19, len(test) - 1)),
     start=ipywidgets.Dropdown(options=["photograph", "sketch", "you"]));

# %% [markdown]
# ### How strong must the cycle be?
#
# Equal trainings that differ in $\lambda$ only: photographs, sketches, what comes back.
# **Found**: how many sketches are nearest to their own person's true one.

# %% tags=["hide"]
def by_weight(weight):
    ssim, found, _ = evidence["cycle"][weight].values()
    return [shipped[f"cycle_{weight}"]], [f"SSIM {ssim:.2f}, found {found:.2f}"], 1, 3.6

play(by_weight, alt="Eight photographs, their sketches, and what comes back, for one weight.",
     weight=ipywidgets.SelectionSlider(options=list(evidence["cycle"]), value="10"));

# %% [markdown]
# With $\lambda = 0$ only the discriminators speak: no loss asks for what is still alike then.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 11.
# > `found` says whether the sketch shows the same person, the last row whether the way back finds home.
# > Draw the triangle on the board: x, G(x), F(G(x)); then the other one; four networks, two arrows each.
# > Ask what two translators could do to cheat the cycle: invert colours, hide the photograph in the noise of the sketch.

# %% [markdown]
# ## The same people, three networks
#
# Row by row: the input, the autoencoder, pix2pix, CycleGAN, the truth.

# %% tags=["hide"]
count = min(5, len(test))
made = [translated(name, count)[1] for name in models.NETWORKS]
rows = [(photos, sketches), *made, (sketches, photos)]
show_images([picture for row in rows for side in row for picture in side[:count]],
            columns=2 * count, height=1.05,
            alt="The input, an autoencoder, pix2pix, CycleGAN, the truth: five people there, five back.")

# %% [markdown]
# At the left the autoencoder leaves hatching out, the others draw some.
# At the right nobody can know a shirt's colour: they answer with a likely one, or with the mean of many.

# %% [markdown]
# ### The numbers, beside the slides'
#
# The slides' SSIM is from CUHK in colour, split **after** eight copies of each picture were made.
# Their CycleGAN had not learned; the paper that they compare with reports .66 for pix2pix and .76 for CycleGAN.

# %%
scores["cyclegan"] = score("cyclegan")
baselines_back = {name: metrics.portrait_scores(photos, stupid_back[kind])
                  for name, kind in (("mean_sketch", "mean"), ("grey_photo", "input"))}
slides = {"autoencoder": .7135, "pix2pix": .6064, "cyclegan": .1624}
table = {name: (baselines[name], baselines_back[name]) for name in baselines} | scores
print(f"{'':<12} SSIM   MAE    sharpness  SSIM back  slides' SSIM")
for name, (numbers, numbers_back) in table.items():
    print(f"{name:<12} {numbers['ssim']:.3f}  {numbers['mae']:.3f}  {numbers['sharpness']:6.2f}"
          f"     {numbers_back['ssim']:.3f}      {slides.get(name, '')}")

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 6.
# > Pairs are worth something: ask which row an artist would sign, and which column could be a photograph.
# > Nobody can know the colour of a shirt from a sketch: what does each network do about it?

# %% [markdown]
# ## What goes wrong
#
# **The leaking split**: 188 pairs were mirrored and turned to 1,504, and then a fifth of the *pictures* tested.
# Practically everyone who tested had trained, in another position.
# Measured both ways, with 188 drawn people: by an autoencoder after a short training, and by a **memory** that answers with the sketch of the most similar photograph.

# %%
from course_utils import symptoms

bets.ask("leak", "How much SSIM does the leak add to the memory?", 0, 0.3)
for who, found in evidence["leak"].items():
    means = "  ".join(f"{split} {numbers['mean']:+.3f}" for split, numbers in found.items())
    print(f"{who:<12} {means} ± {found['gain']['half_width_95']:.3f} (95 %, three seeds)")
bets.reveal("leak", evidence["leak"]["memory"]["gain"]["mean"])
patients = dict(zip("ABCD", core.mistakes(translate)))

# %% [markdown]
# ### Which failure is it?
#
# Four patients, staged with the shipped CycleGAN: look, name it, then let the detectors speak.

# %% tags=["hide"]
def visit(patient, diagnose):
    made = patients[patient].code(both_ways("cyclegan")[0], faces)
    found = symptoms.in_pictures(faces, made, drawings) if diagnose else ["?"]
    return [images.grid(made[:6], 6)], [", ".join(found)], 1, 2.2

play(visit, alt="Six answers of a translator that went wrong.",
     patient=ipywidgets.Dropdown(options=list(patients)), diagnose=ipywidgets.Checkbox(False));

# %% [markdown]
# A detector is one number with a limit, such as how much answers differ; `core.mistakes(translate)` has the cures.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 5.
# > Ask for the sources in their own data: patients, cameras, days, machines.
# > Let the room name each patient before the box is ticked.

# %% [markdown]
# ## Recap
#
# 1. Autoencoder and pix2pix need pairs; CycleGAN needs two heaps of pictures, and more time.
# 2. A discriminator knows what a sketch looks like, not whose it is; the cycle asks for the way home.
# 3. MAE and SSIM need their range, [0, 1]; both prefer grey to hatching in the wrong place, and accuracy means nothing.
# 4. Split by person, then augment: a leak is seen in no picture, only in the list of sources.
#
# Now you: [exercises](exercises/03_face_sketch_cyclegan.ipynb).
# References: Zhu, Park, Isola, Efros, CycleGAN, 2017 (eq. 1 to 4); Mao et al., least squares, 2017; Wang et al., SSIM, 2004.

# %%
from course_utils import results

bets.score()
named = {f"{key}_{name}{way}": numbers[key] for name, both in scores.items()
         for way, numbers in zip(("", "_back"), both) for key in ("ssim", "mae")}
live = {f"{key}_{name}": live_scores[name][key] for name in live_scores for key in ("ssim", "mae")}
for name, numbers in baselines_back.items():
    baselines[name] |= {f"{key}_back": value for key, value in numbers.items()}
results.record(run, scores["autoencoder"][0] | named, live, baselines)
results.must_beat(run, live_scores["autoencoder"], {"mean sketch": baselines["mean_sketch"]})

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 2.
# > Ask for two heaps of pictures from their own work that nobody could ever pair.
