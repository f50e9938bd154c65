# %% [markdown]
# # Faces and sketches: from pairs to CycleGAN
#
# A photograph goes in and a pencil sketch comes out, or the other way round; first with pairs to learn from, then without a single one.
#
# ![Rows of people: photographs, then sketches by an autoencoder, by pix2pix and by CycleGAN, and by the draughtsman.](pictures/03_face_sketch_cyclegan.png)
#
# - **Time**: 56 minutes to read, about a minute and a half to run on a laptop CPU.
# - **You need**: lesson 02 (discriminator, patches, L1).
# - **Data**: people drawn by the course (CC BY 4.0), or the CUHK student faces: `DATASET = "cuhk"`.

# %% [markdown]
# ## Objectives
#
# 1. Translate faces into sketches with an autoencoder, pix2pix and CycleGAN, and say what each needs.
# 2. Say why an adversarial loss alone lets any face come out, and what the cycle adds.
# 3. Compute MAE and SSIM in the right range, and say where they disagree with the eye.
# 4. Split by person, and tell what a leak is worth.

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
from course_utils.data import people
from course_utils.show import show_images
from course_utils.training import portraits

run = profile.start("03_face_sketch_cyclegan", PROFILE, DATASET, SEED, STEPS, portraits.STEPS)
settings = portraits.settings(DATASET, PROFILE)
train, test = people.load(DATASET, TEST_DATA, settings["pix2pix"]["side"])
print(len(train), "people to learn from,", len(test), "others to test on")
show_images([picture for p in train[:4] for picture in (p.source_picture, p.target)],
            alt="Photographs of four people, and beside each the sketch.")

# %% [markdown]
# Sketches leave out colour and background, and add hatching that no photograph has.
# CUHK's were drawn from the very photograph, line upon line; a sketch from memory would be harder.

# %% [markdown]
# ### The stupid baselines
#
# **Mean sketch**: everybody gets the mean of all training sketches.
# **Grey photograph**: the photograph itself, without its colours, is handed in as a sketch.
# The way back has the same two: the mean photograph, and the sketch handed in as a photograph.

# %%
seen = train[:100]
photos, sketches = (np.stack([getattr(p, part) for p in test]) for part in ("source_picture", "target"))
stupid = people.baselines(seen, test)
stupid_back = people.baselines(people.turned(seen), people.turned(test))
show_images([photos[0], sketches[0], stupid["mean"][0], stupid["input"][0], stupid_back["mean"][0]],
            ["photograph", "sketch", "mean sketch", "grey photograph", "mean photograph"],
            alt="A person, the sketch, the blurred mean sketch, the photograph in grey, the mean photograph.")

# %% [markdown]
# The mean sketch looks like a person, since all faces are in the same place.
# Any number that it reaches is reached without looking at the input.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 6.
# > Show the mean sketch and ask whose it is.
# > The split comes before everything else; we come back to it with numbers at the end.

# %% [markdown]
# ## Two rulers and their traps
#
# **MAE** is the mean absolute difference, and 0 is best:
#
# $$\mathrm{MAE} = \frac{1}{n} \sum_{i=1}^{n} |x_i - y_i|$$
#
# It has the unit of the pixels: in [-1, 1] it is twice, in [0, 255] it is 255 times what it is in [0, 1].

# %%
from course_utils import images, metrics
from course_utils.show import show_source
from course_utils.teach import Bets

bets = Bets()
bets.ask("mean", "SSIM of the mean sketch, from 0 to 1?", 0, 1, step=0.02)
baselines = {"mean_sketch": metrics.portrait_scores(sketches, stupid["mean"]),
             "grey_photo": metrics.portrait_scores(sketches, stupid["input"])}
for factor, span in ((1, "[0, 1]"), (2, "[-1, 1]"), (255, "[0, 255]")):
    print(f"MAE of the mean sketch in {span:<9} {factor * baselines['mean_sketch']['mae']:7.3f}")

# %% [markdown]
# ### SSIM looks at windows
#
# **SSIM** compares windows of 11×11 pixels: their means $\mu$, their variances $\sigma^2$, and the covariance $\sigma_{xy}$ (Wang et al., 2004).
# It is 1 for equal pictures and about 0 for strangers; we take it of grey pictures in [0, 1].
#
# $$\mathrm{SSIM} = \frac{(2\mu_x\mu_y + c_1)\,(2\sigma_{xy} + c_2)}{(\mu_x^2 + \mu_y^2 + c_1)\,(\sigma_x^2 + \sigma_y^2 + c_2)}$$

# %%
from course_utils import losses

show_source(losses.structural_dissimilarity)
for name, numbers in baselines.items():
    print(f"{name:<12}", "  ".join(f"{key} {value:.3f}" for key, value in numbers.items()))
bets.reveal("mean", baselines["mean_sketch"]["ssim"])

# %% [markdown]
# ### The range trap
#
# $c_1 = (0.01 L)^2$ and $c_2 = (0.03 L)^2$ hold the range $L$ of the values.
# The same two pictures, six ways to ask:

# %%
x, y = (images.to_grey(picture)[None, ..., None] for picture in (sketches[0], stupid["mean"][0]))
for span, (a, b), right in (("[0, 1]", (x, y), 1), ("[-1, 1]", (2 * x - 1, 2 * y - 1), 2),
                            ("[0, 255]", (255 * x, 255 * y), 255)):
    asked = {top: 1 - float(losses.structural_dissimilarity(a, b, top)) for top in (right, 1, 255)}
    print(f"{span:<9}", "  ".join(f"L = {top:<3} {value:.3f}" for top, value in asked.items()))

# %% [markdown]
# The first column is the right range, and still [-1, 1] differs: SSIM compares means, and there they are around 0.
# A range that is too large makes everything alike: with $L = 255$, pictures in [0, 1] are nearly perfect.
# So convert to [0, 1] first, and say so beside the number.

# %% [markdown]
# ### Misprint detective
#
# Slides that this course grew from print three other formulas.
# A: the two factors below are added. B: in $\sigma^2$ the minus and the square are missing. C: $\sigma$ stands where $\sigma^2$ belongs.
# A window is compared with itself under more and more noise.

# %%
import ipywidgets
import matplotlib.pyplot as plt
from course_utils import mistakes
from course_utils.show import play
from course_utils.teach.exercises.lesson03 import ssim_window

formulas = {"right": ssim_window, "A": mistakes.denominator_added_up,
            "B": mistakes.minus_and_square_missing, "C": mistakes.deviation_for_variance}
window, noise = photos[0, 20:31, 20:31, 0].ravel(), np.random.default_rng(0).normal(size=121)

def under_noise(formula):
    strength = np.linspace(0, 0.3, 31)
    figure, axis = plt.subplots(figsize=(7, 2.6))
    for name in dict.fromkeys(("right", formula)):
        axis.plot(strength, [formulas[name](window, window + s * noise) for s in strength], label=name)
    axis.set(xlabel="noise", ylabel="SSIM of the window")
    axis.legend(frameon=False)
    return figure

# %% [markdown]
# ### Which print is right?
#
# Where must the curve start, and what must noise do to it?

# %%
play(under_noise, alt="SSIM of a window with itself under noise: the right formula falls from 1.",
     formula=ipywidgets.Dropdown(options=list(formulas), value="A"));

# %% [markdown]
# A window beside itself must get 1, and only the right formula does.
# A number that nobody checks on equal pictures can be printed for years.

# %% [markdown]
# ### Accuracy means nothing here
#
# The slides report an **accuracy** of 0.92 for their autoencoder, since Keras computes one when asked.
# For three channels it asks which channel is the largest, of a class score that isn't one.

# %%
import keras

bets.ask("accuracy", "Keras' accuracy of plain white paper, as an answer to every photograph?", 0, 1)
accuracy = lambda true, made: float(keras.metrics.CategoricalAccuracy()(true, made))
red = np.broadcast_to(np.float32([0.6, 0.5, 0.4]), photos.shape)
print(f"sketches: white paper {accuracy(sketches, np.ones_like(sketches)):.2f}, "
      f"negatives {accuracy(sketches, 1 - sketches):.2f}")
print(f"photographs: a plain brown card {accuracy(photos, red):.2f}")
bets.reveal("accuracy", accuracy(sketches, np.ones_like(sketches)))

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 12.
# > Let the room bet on the mean sketch before it is measured: most bet too low.
# > The table of ranges is the slide to photograph: six numbers for one pair of pictures.
# > Accuracy: paper is as good as the artist; a regression has no right answers to count.

# %% [markdown]
# ## An autoencoder
#
# Six convolutions squeeze the picture to a quarter of its sides, eight transposed ones unfold it.
# No skips, no discriminator, and pairs to learn from.

# %%
from course_utils.models import translation

show_source(translation.autoencoder, portraits.likeness)

# %% [markdown]
# The loss holds both rulers: MAE, and half of 1 - SSIM.
# Whoever is trained on a ruler looks good by that ruler; keep it in mind.

# %% [markdown]
# ### Watch it learn
#
# It takes one to two minutes for the shipped one, and seconds for this one.

# %%
from course_utils.data.pairs import Jitter
from course_utils.models.pix2pix import translate
from course_utils.show.live import Live

steps, s = run.steps, settings["autoencoder"]
jitter, watch = Jitter(seen, s["side"]), [photos[i] for i in range(3)]
live = Live(steps, lambda: list(translate(live.model, watch)),
            alt="The autoencoder's loss falls; three sketches become clearer.")
trained = portraits.train_autoencoder(jitter, steps, SEED, callbacks=[live], **s)
live_scores = {"autoencoder": metrics.portrait_scores(sketches, translate(trained, photos))}
print("  ".join(f"{key} {value:.3f}" for key, value in live_scores["autoencoder"].items()))

# %% [markdown]
# Outlines come first, hair next, and hatching never: its phase can't be known, so its mean is grey.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 6.
# > Why transposed convolutions of 4×4 with stride 2? A kernel of 3 reaches pixels unequally often: checkerboards.
# > While it trains: where will SSIM be at the end, compared with the mean sketch?

# %% [markdown]
# ## With pairs: pix2pix
#
# The networks and the step of lesson 02, unchanged: a U-Net, a discriminator that sees photograph and sketch, and 100 · L1.
# The course ships its networks for drawn people, and trains them here for others.

# %%
from functools import cache


def at(side, pictures):
    return np.stack([images.resize(picture, (side, side)) for picture in pictures])


@cache
def both_ways(name):
    if DATASET == "synthetic" and PROFILE == "quick":
        return portraits.load(name)
    steps = round(run.steps * portraits.STEPS_OF[name])
    return portraits.train_both(name, train, steps, SEED, **settings[name])


def score(name):
    side, (there, back) = settings[name]["side"], both_ways(name)
    a, b = at(side, photos), at(side, sketches)
    return (metrics.portrait_scores(b, translate(there, a)),
            metrics.portrait_scores(a, translate(back, b)))

# %% [markdown]
# ### Which is better?
#
# Look first, then measure.
# `sharpness` compares fine texture: 1 as much as the artist's, 0 fog.

# %%
bets.ask("ssim", "How much higher is the autoencoder's SSIM than that of pix2pix?", -0.3, 0.3)
scores = {name: score(name) for name in ("autoencoder", "pix2pix")}
for name, (numbers, _) in scores.items():
    print(f"{name:<12}", "  ".join(f"{key} {value:.3f}" for key, value in numbers.items()))
bets.reveal("ssim", scores["autoencoder"][0]["ssim"] - scores["pix2pix"][0]["ssim"])
pair = [translate(both_ways(name)[0], photos[:3]) for name in ("autoencoder", "pix2pix")]
show_images([*pair[0], *pair[1], *sketches[:3]], columns=9, height=1.7,
            alt="Three sketches each: by the autoencoder soft, by pix2pix with hatching, by the artist.")

# %% [markdown]
# ### Where the numbers disagree with the eye
#
# The autoencoder leads in SSIM and MAE, and pix2pix in sharpness.
# Hatching in the wrong phase costs both rulers more than no hatching: fog is the safe answer.
# A person who is asked which one an artist drew doesn't choose fog.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 6.
# > Vote by hand before the numbers are shown: which would you hang on the wall, and which would a ruler choose?
# > The same story as L1 against cGAN in lesson 02, now with SSIM in the loss.

# %% [markdown]
# ## Without pairs
#
# Now nobody is on both heaps: photographs of one half of the people, sketches of the **other** half.
# A discriminator of sketches can still say whether something looks like a sketch.
# But it can't say whose: a good sketch of *anyone* passes.

# %% [markdown]
# ### The way back
#
# So a second translator $F$ goes back, with a discriminator of photographs, and whoever goes there and back must come home:
#
# $$L = L_{\mathrm{GAN}}(G) + L_{\mathrm{GAN}}(F) + \lambda \left( \overline{|F(G(x)) - x|} + \overline{|G(F(y)) - y|} \right)$$
#
# To find home, $F$ must see in the sketch whose photograph it was.
# The CycleGAN paper (Zhu, Park, Isola, Efros, 2017) takes $\lambda = 10$.

# %%
from course_utils.training import cyclegan

show_source(cyclegan.CycleGAN.translate, cyclegan.CycleGAN.cycles, cyclegan.least_squares)

# %% [markdown]
# **Least squares** in the place of cross-entropy: real is 1, fake is 0, and distance from there is squared.
# **Identity**: a sketch that is given to the sketcher should stay as it is, with half the weight.
# It keeps colours in place: two translators that both invert them would come home, too.

# %% [markdown]
# ### Both cycles reach both translators
#
# $|F(G(x)) - x|$ teaches $F$ to come home, and $G$ to leave a trace of home in the sketch.
# A well-known example gives each translator one of the two terms only; here is how fast each would change:

# %%
import tensorflow as tf

strangers = people.Strangers(seen, settings["cyclegan"]["side"])
a, b = (part[None] for part in strangers(np.random.default_rng(SEED)))
for kind in (cyclegan.CycleGAN, mistakes.half_of_the_cycle):
    profile.set_seeds(SEED)
    untrained = cyclegan.build(kind, **settings["cyclegan"])
    with tf.GradientTape() as tape:
        fake_a, fake_b, _ = untrained.translate(a, b)
        home = untrained.cycles(a, b, fake_a, fake_b)[0]  # |F(G(x)) - x| alone
    slopes = tape.gradient(home, untrained.there.trainable_variables)
    print(f"{kind.__name__:<18} |F(G(x)) - x| pulls at G with {float(tf.linalg.global_norm([s for s in slopes if s is not None])):.2f}")

# %% [markdown]
# ### The generator
#
# CycleGAN's translators are **ResNets**: halved twice, then blocks that each add a change, then doubled twice.
# Pictures are mirrored at their edges instead of padded with zeros, so that no frame appears.

# %%
show_source(translation.resnet_generator, translation.residual_block)

# %% [markdown]
# ### The discriminators' step
#
# Each sees real pictures, and fakes out of a **pool** of 50: so it doesn't forget what it was shown before.
# Half of the time the pool keeps the new fake, and gives an old one in its stead.

# %%
show_source(cyclegan.CycleGAN.train_discriminators)

# %% [markdown]
# ### Watch it learn
#
# A photograph, its sketch, and the photograph that comes back.
# Which of the two translations is learned first?

# %%
steps, s = max(1, round(run.steps * portraits.LIVE_CYCLEGAN)), settings["cyclegan"]
face = at(s["side"], photos[:1])


def there_and_back():
    sketch = translate(live.model.there, face)
    return [face[0], sketch[0], translate(live.model.back, sketch)[0]]


live = Live(steps, there_and_back,
            alt="The loss falls; a photograph, its sketch so far, and the photograph made of that.")
unpaired = cyclegan.train(strangers, steps, SEED, callbacks=[live], **s)
live_scores["cyclegan"] = metrics.portrait_scores(at(s["side"], sketches),
                                                  translate(unpaired.there, at(s["side"], photos)))
print("  ".join(f"{key} {value:.3f}" for key, value in live_scores["cyclegan"].items()))

# %% [markdown]
# Seconds are not enough for it: the next pictures come from the shipped network, which had the minutes that its JSON tells.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 11.
# > Draw the triangle on the board: x, G(x), F(G(x)); then the other one; four networks, two arrows each.
# > Ask what two translators could do to cheat the cycle: invert colours, hide the photograph in the noise of the sketch.

# %% [markdown]
# ## There and back
#
# Choose a person and where the way begins.

# %%
there, back = both_ways("cyclegan")
side = settings["cyclegan"]["side"]


def cycle(person, start):
    first, second = (there, back) if start == "photograph" else (back, there)
    x = at(side, {"photograph": photos, "sketch": sketches}[start][person : person + 1])
    across = translate(first, x)
    return [x[0], across[0], translate(second, across)[0]], ["x", "G(x)", "F(G(x))"]

play(cycle, alt="A picture, its translation, and what comes back.",
     person=ipywidgets.IntSlider(0, min=0, max=min(19, len(test) - 1)),
     start=ipywidgets.Dropdown(options=["photograph", "sketch"]));

# %% [markdown]
# What comes back is better than what is translated from a true sketch: $G$ leaves traces for $F$ that no artist leaves.
# A cycle that closes well is no proof of a good translation.

# %% [markdown]
# ### How strong must the cycle be?
#
# Shipped results of equal trainings on drawn people that differ in $\lambda$ only.
# **Found** is the share of sketches that are nearer to their own person's true sketch than to anyone else's.

# %%
import json
from course_utils import paths

evidence = json.loads((paths.EVIDENCE / "03.json").read_text())["summary"]
gallery = np.load(paths.EVIDENCE / "03_pictures.npz")


def by_weight(weight):
    numbers = evidence["cycle"][weight]
    return images_of(gallery[f"cycle_{weight}"], f"SSIM {numbers['ssim']:.2f}, found {numbers['found']:.2f}")

# %% [markdown]
# ### Turn it
#
# Above the photographs, then the sketches, then what comes back.

# %%
def images_of(sheet, title):
    figure, axis = plt.subplots(figsize=(9, 3.6))
    axis.imshow(sheet)
    axis.set_title(title)
    axis.axis("off")
    return figure

play(by_weight, alt="Eight photographs, their sketches, and what comes back, for one weight of the cycle.",
     weight=ipywidgets.SelectionSlider(options=list(evidence["cycle"]), value="10"));

# %% [markdown]
# PLACEHOLDER_LAMBDA

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 4.
# > With λ = 0 ask whether the sketch shows the same person, and who in the room would have noticed from the loss.

# %% [markdown]
# ## The same people, three networks
#
# Photographs, then sketches by the autoencoder, by pix2pix and by CycleGAN, and the artist's.

# %%
scores["cyclegan"] = score("cyclegan")
shown = min(8, len(test))
rows = [photos, *(translate(both_ways(name)[0], at(settings[name]["side"], photos[:shown]))
                  for name in portraits.NETWORKS), sketches]
show_images([row[i] for row in rows for i in range(shown)], columns=shown, height=1.2,
            alt="Rows of people: photographs, then sketches by an autoencoder, by pix2pix and by "
                "CycleGAN, and by the draughtsman.")

# %% [markdown]
# PLACEHOLDER_ROWS

# %% [markdown]
# ### And back: from a sketch to a face
#
# Nobody can know the colour of the skin, of the hair and of the shirt: the sketch doesn't say it.

# %%
rows = [sketches, *(translate(both_ways(name)[1], at(settings[name]["side"], sketches[:shown]))
                    for name in portraits.NETWORKS), photos]
show_images([row[i] for row in rows for i in range(shown)], columns=shown, height=1.2,
            alt="Rows of people: sketches, then photographs by an autoencoder, by pix2pix and by "
                "CycleGAN, and the true photographs.")

# %% [markdown]
# PLACEHOLDER_BACK

# %% [markdown]
# ### The numbers, beside the slides'
#
# SSIM on people who never trained; the slides' numbers are from CUHK, split **after** the eight copies were made.

# %%
baselines_back = {name: metrics.portrait_scores(photos, stupid_back[kind])
                  for name, kind in (("mean_sketch", "mean"), ("grey_photo", "input"))}
slides = {"autoencoder": "0.71", "pix2pix": "0.61", "cyclegan": "0.16"}
print(f"{'':<12} SSIM   MAE    sharpness | SSIM back | slides")
for name, (numbers, numbers_back) in {**{n: (baselines[n], baselines_back[n]) for n in baselines},
                                      **scores}.items():
    print(f"{name:<12} {numbers['ssim']:.3f}  {numbers['mae']:.3f}  {numbers['sharpness']:5.2f}     |"
          f" {numbers_back['ssim']:.3f}     | {slides.get(name, '')}")

# %% [markdown]
# The order of the slides is right, and their CycleGAN is worse than the mean of all sketches: it had not learned.
# The paper that they compare with reports .66 for pix2pix and .76 for CycleGAN.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 5.
# > Pairs are worth something: pix2pix is the upper bound where they exist.
# > Ask which row an artist would sign.

# %% [markdown]
# ## What the leak is worth
#
# The slides' 188 pairs were mirrored and turned to 1,504, and then a fifth of the *pictures* tested.
# Practically everyone who tests has trained, in another position.
# We did it both ways, with 188 drawn people and equal trainings.

# %%
from course_utils.show import show_scores

bets.ask("leak", "How much SSIM does the leak add?", 0, 0.3)
leak = evidence["leak"]
show_scores({"split by picture": leak["by_picture"]["ssim"]["mean"],
             "split by person": leak["by_person"]["ssim"]["mean"]}, "SSIM",
            alt="Two bars: SSIM with a leaking split, and with people split first.")
print(f"the leak adds {leak['gain']['mean']:.3f} ± {leak['gain']['half_width_95']:.3f} (95 %)")
bets.reveal("leak", leak["gain"]["mean"])

# %% [markdown]
# PLACEHOLDER_LEAK

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 3.
# > Ask for the sources in their own data: patients, cameras, days, machines.

# %% [markdown]
# ## Your picture
#
# The translators know drawn people, seen from the front.
# What do they make of you?

# %%
from course_utils.teach import your_picture

you = your_picture(settings["pix2pix"]["side"])
made = [translate(both_ways(name)[0], at(settings[name]["side"], you[None]))[0]
        for name in portraits.NETWORKS]
show_images([you, *made], ["you", *portraits.NETWORKS],
            alt="A portrait, and the sketches that three networks make of it.")

# %% [markdown]
# A real portrait is unlike the people they know, so they draw what they can: edges, and what is dark.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 2.
# > `course serve` has a tab where somebody can draw a face with the mouse: a good end of the hour.

# %% [markdown]
# ## Recap
#
# 1. Autoencoder and pix2pix need pairs; CycleGAN needs two heaps of pictures, and minutes instead of seconds.
# 2. A discriminator knows what a sketch looks like, not whose it is; the cycle asks for the way home.
# 3. MAE and SSIM need their range, [0, 1]; both prefer fog to hatching in the wrong place, and accuracy means nothing.
# 4. Split by person, then augment: the other way adds numbers, not knowledge.
#
# Now you: [exercises](exercises/03_face_sketch_cyclegan.ipynb), or your own two heaps of pictures.
#
# References: Zhu, Park, Isola, Efros, CycleGAN, 2017 (equations 1 to 4); Isola et al., pix2pix, 2017; Mao et al., least squares, 2017; Wang et al., SSIM, 2004.

# %%
from course_utils import results

bets.score()
named = {f"{key}_{name}{way}": numbers[key] for name, both in scores.items()
         for way, numbers in zip(("", "_back"), both) for key in ("ssim", "mae")}
live_named = {f"{key}_{name}": numbers[key] for name, numbers in live_scores.items()
              for key in ("ssim", "mae")}
both = {name: numbers | {f"{key}_back": value for key, value in baselines_back[name].items()}
        for name, numbers in baselines.items()}
results.record(run, scores["autoencoder"][0] | named, live_named, both)
gain = live_scores["autoencoder"]["ssim"] - baselines["mean_sketch"]["ssim"]
assert gain > portraits.LIVE_GAIN, "No better than the mean sketch."

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 2.
# > Ask for two heaps of pictures from their own work that nobody could ever pair.
