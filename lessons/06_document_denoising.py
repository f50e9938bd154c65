# %% [markdown]
# # Clean it: document denoising
#
# A stained, crumpled page goes in, a clean one comes out, and a machine can read it again.
#
# ![Two damaged pages, and beside each the page that the network makes of it.](pictures/06_document_denoising.png)
#
# - **Time**: 55 minutes to read, 44 without what is optional; about a minute to run on a laptop CPU.
# - **You need**: lesson 00, and an idea of what a convolution is.
# - **Data**: pages drawn by the course (CC BY 4.0), or real ones: `DATASET = "noisyoffice"`.

# %% [markdown]
# ## Objectives
#
# 1. Measure a cleaned page twice: by its pixels, and by what OCR reads on it.
# 2. Split by page, then augment, and say why the order matters.
# 3. Clean pages of any size with a small convolutional network, and say how low its loss can get.
# 4. Write a route of an API, call it, and answer bad files with a status and a sentence.

# %% tags=["parameters"]
PROFILE = "quick"
DATASET = "synthetic"
SEED = 0
STEPS = None
TEST_DATA = None

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 2.
# > Ask who has scanned a crumpled receipt, and what the scanner's "auto" button did to it.
# > The story of the lesson: a page can look clean and be unreadable, so we let a reader judge.

# %% [markdown]
# ## Dirty pages
#
# Every page comes as a pair: damaged, and clean.
# Pages that test are others than those that train: no clean page stands on both sides.

# %%
import numpy as np
from course_utils import images, profile
from course_utils.data import documents
from course_utils.show import best_and_worst, show_images

run = profile.start("06", PROFILE, DATASET, SEED, STEPS, TEST_DATA)
train, test = documents.load(DATASET, run.test_data)
print(len(train), "pages to learn from,", len(test), "others;",
      len({p.source for p in train} & {p.source for p in test}), "clean pages on both sides")


def said(claim):  # what the text says of the course's own pages holds in this run, too
    assert claim or DATASET != "synthetic" or run.short

# %% [markdown]
# ### Damaged, and clean

# %% tags=["hide"]
corner = np.s_[:110, :270]
show_images([twin[corner] for p in test[3:5] for twin in (p.noisy, p.clean)],
            [title for p in test[3:5] for title in (p.damage, "clean")], columns=2,
            alt="Corners of two damaged pages, and beside each the same corner clean.")

# %% [markdown]
# On the left is what a scanner delivers, with the name of the damage; on the right is what the network should answer.

# %% [markdown]
# ### Two ways to measure
#
# **By pixels**: $\mathrm{RMSE} = \sqrt{\frac{1}{n}\sum_i (p_i - t_i)^2}$, with 0 for black and 1 for paper.
#
# **By a reader**: OCR (optical character recognition) reads the page, and we count wrong characters.
#
# $$\mathrm{CER} = \frac{\text{characters to replace, insert or delete}}{\text{characters that are on the page}}$$
#
# **WER** is the same with words; both add up over all pages before they divide.
# Our reader, **Tesseract**, gets each page enlarged twofold.

# %%
from course_utils import metrics, ocr
from course_utils.teach import Bets

bets = Bets()
bets.ask("ocr", "Which share of characters does OCR get wrong on the damaged pages?", 0, 1, step=0.01)
chosen = np.random.default_rng(SEED).permutation(len(test))[:10]  # OCR is slow: not all of them
read_pages = [test[i] for i in chosen]
reads = ocr.available()
print("Tesseract reads the pages." if reads else ocr.HOW_TO_GET)

# %% [markdown]
# ### What the reader makes of it
#
# The reference is the text that was set on the page.
# A real page comes without its text: there the reference is what OCR reads on its clean twin.
# Where it reads nothing, or isn't there, no rate is defined, and `nan` (not a number) stands for it.

# %%
def what_is_read(pages):
    return ocr.read_all(pages) if reads else [""] * len(pages)


on_clean = what_is_read([p.clean for p in read_pages])
references = [(reads and page.text) or reading for page, reading in zip(read_pages, on_clean)]
on_noisy = what_is_read([p.noisy for p in read_pages])
for name, readings in {"clean": on_clean, "damaged": on_noisy}.items():
    print(f"{name:<8} CER {ocr.cer(references, readings):.3f}   WER {ocr.wer(references, readings):.3f}")
said(not reads or ocr.wer(references, on_noisy) > ocr.cer(references, on_noisy))
bets.reveal("ocr", ocr.cer(references, on_noisy))

# %% [markdown]
# One wrong letter makes a whole word wrong, so WER is higher than CER.

# %% [markdown]
# ### Split first, then augment
#
# NoisyOffice has 54 clean pages, each with four kinds of damage: 216 pairs.
# Shuffle the 216 files, and the same page trains and tests: the network may learn the text by heart.
# So we split by **clean page**, and only then multiply what is left for training.
#
# A lecture made 2,592 pages out of 288, nine of each.
# Of the 288, 72 are real pages without a clean twin, so at most 216 × 9 = 1,944 pairs remain, and only those of training pages may train.

# %% [markdown]
# ### Nine pages out of one

# %% tags=["hide"]
copies = documents.ninefold(train[0].noisy, train[0].clean, np.random.default_rng(SEED))
names = ["the page", "Gaussian noise", "salt and pepper", "Poisson noise", "speckle noise",
         "mirrored", "turned", "on a foreign picture", "in a shadow"]
show_images([noisy[:75, :200] for noisy, _ in copies], names, columns=3, height=1.6,
            alt="Nine versions of a corner of a page: noise of four kinds, mirrored, turned, blended.")

# %% [markdown]
# Noise changes the damaged page alone; mirroring and turning move its clean twin along.
# The lecture doesn't name the ninth: the shadow is our guess.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 9.
# > Let the room read the worst page aloud first: people are still far better readers.
# > Everyone bets before the numbers come.
# > Write CER on the board with a three-letter word and one wrong letter.
# > The split is the place where most teaching versions of this task cheat without knowing it.

# %% [markdown]
# ## Classical first
#
# Before any network, four filters:
#
# - the **slides' chain** of a lecture: blur, find edges, invert, cut at a threshold;
# - the **median** of a pixel and its eight neighbours;
# - **Sauvola**: a threshold for every place, from the mean and the contrast around it;
# - **background**: estimate the paper without its ink, and divide by it.

# %%
from course_utils import cleaning

classical = {"slides' chain": cleaning.slides_chain, "median": cleaning.median_filter,
             "Sauvola": cleaning.sauvola, "background": cleaning.subtract_background}
clean_pages = [p.clean for p in test]
cleaned = {"nothing": [p.noisy for p in test]}
cleaned |= {name: [clean(p.noisy) for p in test] for name, clean in classical.items()}
baselines = {name: metrics.page_scores(clean_pages, pages) for name, pages in cleaned.items()}
nothing = baselines["nothing"]["rmse"]
bets.ask("classical", f"The best classical RMSE (doing nothing: {nothing:.3f})?", 0, 0.4, step=0.01)

# %% [markdown]
# ### Side by side

# %% tags=["hide"]
each = {name: [metrics.rmse(*pair) for pair in zip(clean_pages, cleaned[name])] for name in cleaned}
unusual = sum(np.abs(np.array(each[name]) - baselines[name]["rmse"]) for name in cleaned)
typical = int(np.argmin(unusual))  # the page on which all filters do as they do on all pages
page = test[typical]
shown = {page.damage or "damaged": page.noisy, "clean": page.clean}
shown |= {name: cleaned[name][typical] for name in classical}
show_images([picture[corner] for picture in shown.values()], list(shown), columns=2,
            height=1.7, alt="A damaged page, its clean twin, and what the four filters make of it.")

# %% [markdown]
# This is the page that is most like the mean of all pages.
# The chain and Sauvola decide for black or white at each pixel, so letters get ragged; the median keeps the grey paper and blurs thin strokes; "background" whitens the paper and keeps the grey rims.

# %% [markdown]
# ### Measured
#
# The median was the only filter of lesson 00, where grains of noise were the only damage.
# Here a stain is wider than its neighbourhood, and it wears thin strokes away even on a clean page.

# %%
for name, numbers in baselines.items():
    print(f"{name:<14} RMSE {numbers['rmse']:.3f}   PSNR {numbers['psnr']:5.1f} dB")
best = min(list(classical), key=lambda name: baselines[name]["rmse"])
said(best == "background" and baselines["median"]["rmse"] > nothing)
bets.reveal("classical", baselines[best]["rmse"])

# %% [markdown]
# "Background" is the filter to beat, and the median is worse than doing nothing.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 6.
# > Ask which of the four the room would trust with a contract.
# > The network has to beat the best of them, not the worst.

# %% [markdown]
# ## A network for any size
#
# The network of a lecture's slides takes 172×360 numbers (height × width), gives 258×540, and has five layers and 168,047,480 parameters.
# It enlarges the page by exactly 3/2 on each side, and has to learn how.
# If all numbers of a layer are joined to all of the next, the widths below give exactly that count; the three in the middle are our guess.
# Adam keeps two **moments** for each weight: running means of its gradient and of the gradient's square.

# %%
from itertools import pairwise

widths = [172 * 360, 896, 8960, 704, 258 * 540]
parameters = sum((a + 1) * b for a, b in pairwise(widths))
print(f"{parameters:,} parameters: {parameters * 4 / 1e6:.0f} MB in float32, "
      f"{parameters * 2 / 1e6:.0f} MB in float16")
print(f"to train it with Adam: {parameters * 16 / 1e9:.1f} GB (weights, gradients, two moments)")

# %% [markdown]
# The lecture says that its file has over 300 MB.
# That fits two bytes per weight rather than four, but the slides don't say how it was stored.

# %% [markdown]
# ### The way of a page

# %% tags=["hide"]
from course_utils.show import show_figure
from course_utils.show.page_way import page_way

show_figure(page_way(), alt="A program sends a file to the server, which decodes it and mirrors it up "
            "to multiples of 8; a small U-shaped network cleans it; sigmoid and cut; it goes back as "
            "PNG, or through Tesseract as text. What is no page gets a status and a sentence.")

# %% [markdown]
# Blue is the network of this lesson, green the reader that judged above, and orange the server that we write at the end.

# %% [markdown]
# ### One filter for the whole page
#
# A stroke at the top looks like a stroke at the bottom, so one small filter can serve the whole page.
# **Fully convolutional**: no dense layer, hence any page size.
# `convolution` is a convolution, batch norm and a leaky ReLU, which lets a tenth of a negative value through.
# Each value at the smallest scale depends on 40×40 pixels of the page; skips bring the fine strokes.

# %%
from course_utils.models import documents as models
from course_utils.show import show_source

show_source(models.denoiser)

# %% [markdown] tags=["optional"]
# ### How long, and how much memory
#
# A dense layer touches each of its weights once per page.
# A convolution has few weights, and uses each at every pixel.

# %%
import keras
from timeit import timeit

model = models.denoiser()
print(f"ours: {model.count_params():,} parameters, {parameters // model.count_params()} times fewer")
print(f"weights {model.count_params() * 4 / 1e6:.1f} MB; each map of 32 channels at scale 1/2 "
      f"takes {page.noisy.size / 4 * 32 * 4 / 1e6:.1f} MB more while a page is cleaned")
bets.ask("dense", "A page through the dense network takes how many times as long?", 0, 10, step=0.5)

# %%
dense, convolved = 0, timeit(lambda: models.clean(model, page.noisy), number=5) / 5
for a, b in pairwise(widths):  # one layer at a time: less memory
    weights, x = np.ones((a, b), np.float32), np.ones(a, np.float32)
    dense += timeit(lambda: x @ weights, number=3) / 3
print(f"dense {dense * 1e3:.0f} ms, ours {convolved * 1e3:.0f} ms")
bets.reveal("dense", dense / convolved)

# %% [markdown]
# The dense network need not be slower.
# It pays with memory, with one fixed page size, and with strokes that it must learn anew at every place.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 2.
# > The surprise: a layer with hundreds of times more weights isn't hundreds of times slower.
# > Ask what happens to the dense network when the page is two pixels wider.

# %% [markdown]
# ### Binary cross-entropy with grey targets
#
# $$\mathrm{BCE} = -\frac{1}{n}\sum_i \bigl[t_i \log p_i + (1 - t_i) \log (1 - p_i)\bigr]$$
#
# A pixel on the rim of a stroke is grey: $t = 0.5$.
# The best answer is $p = 0.5$, and it still costs $\log 2$.
# So this loss never reaches 0: its floor is the **entropy** of the targets themselves.
#
# "Accuracy", which such trainings often plot, rounds $p$ to 0 or 1 and asks whether it equals $t$.
# A grey pixel is never right then, so the second number is the most that it could reach.

# %%
floor = metrics.page_scores(clean_pages, clean_pages)["bce"]
print(f"the floor on our test pages: {floor:.4f}")
print("share of pixels that are exactly 0 or 1:",
      f"{np.mean([((c == 0) | (c == 1)).mean() for c in clean_pages]):.0%}")

# %% [markdown]
# ### What a loss says, and what it doesn't
#
# The lecture's training ended with losses of 0.0868 on its training pages and 0.0951 on its test pages.
# Is that good?
# Nobody can say before the floor is known.

# %%
import json
from course_utils import paths

real = json.loads((paths.EVIDENCE / "06.noisyoffice.json").read_text())["summary"]
print(f"floor of {real['clean_pages']} clean pages of NoisyOffice: {real['bce']:.4f}")
for name, loss in {"training": 0.0868, "test": 0.0951}.items():
    print(f"the lecture's {name:<8} {loss} = floor + {loss - real['bce']:.4f}")
said(real["bce"] > 0.9 * (0.0868 + 0.0951) / 2 and real["bce"] > floor)

# %% [markdown]
# Nearly all of both losses is floor, and the small rest is what its network gets wrong.
# NoisyOffice has a higher floor than our drawn pages, so losses on the two can't be compared.
# Our floor holds for pages at their own size: the lecture resized its own, which may have moved it a little.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 9.
# > Follow one page through the diagram with a finger, then the same way in the source.
# > Put log 2 on the board for one grey pixel: no network can do anything about it.
# > Let the room judge 0.0868 before and after the floor is printed.

# %% [markdown]
# ## Train it
#
# Crops are enough: what stands at the other end of the page doesn't matter for a stroke.
# Each batch cuts new ones, so no copies need to be stored.
# Every eighth clean page is **held out**: it neither trains nor tests.

# %%
from course_utils.data.pipeline import stream

held_out = set(sorted({p.source for p in train})[::8])
learn = [p for p in train if p.source not in held_out] or train
crops = documents.Crops(learn)
batches = stream(crops, batch_size=16, seed=SEED)
held = next(iter(stream(documents.Crops([p for p in train if p.source in held_out]), 64, seed=SEED)))
x, t = next(iter(batches))  # noisy, clean: (16, side, side, 1) each
print("noisy", x.shape, "  clean", t.shape)
bets.ask("rmse", "The network's RMSE on pages it has never seen?", 0, 0.2, step=0.005)

# %% [markdown]
# ### What it learns from

# %% tags=["hide"]
written = np.argsort([-np.mean(crop < 0.5) for crop in t])[:6]  # with most ink
show_images([*np.take(x, written, 0), *np.take(t, written, 0)], rows=["damaged", "clean"], columns=6,
            titles=[f"crop {i}" for i in written], height=2.4,
            alt="Six damaged crops of pages, and below each the clean one.")

# %% [markdown]
# The crops with the most ink of one batch: above what the network gets, below what it should answer.

# %% [markdown]
# ### Watch it learn
#
# The network's last numbers are **logits**; with `from_logits=True` Keras takes the sigmoid and the logarithm at once, without rounding $\log 0$.

# %%
from course_utils.show.live import Live
from course_utils.training import documents as training

watch = lambda: ([page.noisy[corner], models.clean(model, page.noisy[corner])], ["damaged", "cleaned"])
model, peak = models.denoiser(), 1e-2  # real pages: go on from what drawn ones have taught
if DATASET != "synthetic":
    model, peak = models.load(), 5e-3
low = metrics.page_scores([p.clean for p in learn], [p.clean for p in learn])["bce"]
live = Live(run.steps, watch, "The loss falls to its floor; a damaged page, and it cleaned.", floor=low)
model.compile(training.optimizer(run.steps, peak), jit_compile=False,
              loss=keras.losses.BinaryCrossentropy(from_logits=True))
laps = min(8, run.steps)
history = model.fit(batches, epochs=laps, steps_per_epoch=run.steps // laps, shuffle=False,
                    validation_data=held, callbacks=[live], verbose=0).history

# %% [markdown]
# First the paper turns white, then the strokes get sharp.
# The loss comes near its floor and can't cross it, except by the luck of a batch with little ink.

# %% [markdown]
# ### When to stop
#
# **Early stopping** ends a training once the loss on held-out pages has not fallen for some epochs, and goes back to the best weights.
# The lecture's training ended that way, after 119 epochs.

# %% tags=["hide"]
from course_utils.show import show_lines

lap = run.steps // laps
ends = np.arange(1, laps + 1) * lap
learned = [np.mean(live.losses[end - lap:end]) for end in ends]
own = metrics.page_scores([np.asarray(held[1])], [np.asarray(held[1])])["bce"]
above = {"training, mean since the last point": np.array(learned) - low,
         "held out": np.array(history["val_loss"]) - own}
show_lines(ends, above, ("step", "loss above its floor"),
           alt="Two curves fall towards 0: the training loss and that of held-out pages, above floors.")

# %% [markdown]
# Each loss stands above the floor of its own pages, so the two can be compared.
# Here nothing stops early: the learning rate is planned to fall to 0 at the last step.
# Whoever stops by the *test* pages has chosen by them, and their score is no longer that of unseen pages; the lecture's slides name no third set.

# %% [markdown]
# ### Trained now, and trained longer

# %% tags=["hide"]
from course_utils.models import checkpoints
from course_utils.show import show_scores

shipped, made = models.load(), checkpoints.told(models.CHECKPOINT)
flips = DATASET != "synthetic"  # real pages: the mean over four mirrored answers
for name, network in {"trained now": model, "shipped": shipped}.items():
    cleaned[name] = [models.clean(network, p.noisy, flips) for p in test]
scores = {name: metrics.page_scores(clean_pages, cleaned[name]) for name in cleaned}
table = {name: scores[name]["rmse"] for name in ("nothing", best, "trained now", "shipped")}
show_scores(table, "RMSE",
            alt="Bars: RMSE of the damaged pages, of the best filter, and of the two networks.")

# %%
said(table["shipped"] < table["trained now"] < table[best])
print(f"shipped: {made['data']}, {made['steps'] / run.steps:.0f} times the steps of this run")
bets.reveal("rmse", table["trained now"])

# %% [markdown]
# The bar to beat is the best filter's; doing nothing is only the start.
# The shipped network is the same one, trained for longer on more drawn pages; it has never seen a real one.

# %% [markdown]
# ### The best and the worst

# %% tags=["hide"]
ours = "shipped" if DATASET == "synthetic" else "trained now"
wrong = [metrics.rmse(p.clean, c) for p, c in zip(test, cleaned[ours])]
order = best_and_worst(wrong)[::-1]
show_images([picture[corner] for i in order for picture in (test[i].noisy, cleaned[ours][i])],
            [title for i, name in zip(order, ("best", "worst"))
             for title in (f"{name}: {test[i].damage}", f"cleaned, RMSE {wrong[i]:.3f}")],
            columns=2, alt="Two damaged pages, and beside each the page that the network makes of it.")

# %% [markdown]
# On the best page hardly more than the rims of the strokes is wrong.
# On the worst, look for two mistakes: specks that stay are noise taken for ink, gaps in letters are ink taken for noise.

# %% [markdown]
# ### Prepared, or as it is?
#
# The lecture gave its network not the page, but what the chain makes of it: black or white.
# Does that help?
# The same network learned from both, three times each.

# %% tags=["hide"]
evidence = json.loads((paths.EVIDENCE / "06.json").read_text())["summary"]
fed = {"the best filter alone": baselines[best]["rmse"],
       "network, fed with the chain": evidence["chain"]["rmse"]["mean"],
       "network, fed with the page": evidence["page"]["rmse"]["mean"]}
said(evidence["page"]["rmse"]["mean"] < baselines["background"]["rmse"] < evidence["chain"]["rmse"]["mean"])
show_scores(fed, "RMSE",
            alt="Bars: the best filter, a network fed with the chain's output, and one fed with pages.")

# %% [markdown]
# Fed with the chain the network is worse than the best filter alone: grey that a threshold has thrown away can't be learned back.
# A network is its own preparation, so give it all that you have.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 10.
# > While it trains, let the room say what comes first: white paper, or sharp strokes.
# > The shipped network never saw these pages, nor any real page.
# > Stay on the worst page: the network doesn't say that it is unsure.
# > `make evidence LESSON=06` repeats the three seeds of the last slide.

# %% [markdown]
# ## What a reader reads now
#
# RMSE counts pixels of paper; a reader cares about the strokes.

# %%
bets.ask("after", "CER after cleaning, as a share of the CER before?", 0, 1, step=0.05)
compared = {"damaged": "nothing", best: best, "network": ours}
readings = {name: what_is_read([cleaned[key][i] for i in chosen]) for name, key in compared.items()}
readings["clean page"] = on_clean

# %% [markdown]
# ### Read again

# %%
cers = {name: ocr.cer(references, texts) for name, texts in readings.items()}
for name, texts in readings.items():
    print(f"{name:<11} CER {cers[name]:.3f}   WER {ocr.wer(references, texts):.3f}")
said(not reads or cers["clean page"] < cers["network"] < cers[best] < cers["damaged"])
bets.reveal("after", cers["network"], of=cers["damaged"])

# %% [markdown]
# The order is that of the RMSE, and the steps between are not: compare the gaps from damaged to filter, from filter to network, and from network to clean page.
# What the reader gets wrong on the clean page no cleaner can mend.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 4.
# > Without Tesseract there are no error rates here: say so, and show the words on the site.
# > Ask for a use of the page where the last wrong characters matter: an invoice, a dose.

# %% [markdown] tags=["optional"]
# ### The mistake detective
#
# The lecture's slides shrink every page to 172×360 before cleaning, whatever its shape.
# The network is the same, so what can be wrong?

# %% tags=["hide"]
from course_utils.exercises import documents as mistakes

kept = models.clean(shipped, page.noisy)
shrunk = mistakes.fixed_shape(shipped, page.noisy)
show_images([kept[:100, :260], shrunk[:100, :260]], ["any size", "shrunk to 172×360"], columns=1,
            alt="The same lines of text: sharp above, smeared below.")

# %%
lossy = images.resize(images.resize(page.clean, (172, 360)), page.clean.shape)  # no network
errors = {name: metrics.rmse(page.clean, result)
          for name, result in {"any size": kept, "shrunk": shrunk, "perfect, shrunk": lossy}.items()}
print("   ".join(f"{name}: RMSE {error:.3f}" for name, error in errors.items()))
said(errors["any size"] < errors["perfect, shrunk"])

# %% [markdown]
# The third number is the clean page itself, shrunk and enlarged again by a cubic formula, without any network: even a perfect cleaner in between would lose more than ours does.
# The lecture's network learned how to enlarge, which can guess some of it back; how much, the slides don't measure.

# %% [markdown] tags=["optional"]
# ### Damage a page yourself

# %% tags=["hide"]
import ipywidgets
from course_utils.show import play
from drawn_worlds.documents import DAMAGES, document

draw = lambda damage, number: document(2_000_000 + number, (160, 400), damage).noisy  # unseen
pair = lambda noisy: ([noisy, models.clean(shipped, noisy)], ["damaged", "cleaned"])
play(lambda damage, number: pair(draw(damage, number)),
     alt="A page with the chosen damage, and the page that the network makes of it.",
     damage=ipywidgets.Dropdown(options=DAMAGES),
     number=ipywidgets.IntSlider(7, min=0, max=99));

# %% [markdown]
# Which damage does the network undo, and which not?

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 4.
# > Let the room guess before the numbers: which of the three is the best, and which the worst?
# > Blur and low ink are the hard ones: what is gone from the page has to be guessed.

# %% [markdown] tags=["optional"]
# ### By kind of damage, and word by word
#
# Each row is one or two pages: examples, no ranking.
# CER can exceed 1: where OCR takes noise for letters, each invented one is an edit.
# A mean hides that cleaning can also destroy words.

# %%
errors = np.nan_to_num([ocr.cer([r], [t]) for r, t in zip(references, readings["damaged"])])
kinds = dict.fromkeys(read_pages[i].damage for i in np.argsort(errors)[::-1])  # worst first
for damage in list(kinds)[:4]:
    rows = [i for i, p in enumerate(read_pages) if p.damage == damage]
    part = [ocr.cer([references[i] for i in rows], [texts[i] for i in rows])
            for texts in readings.values()]
    print(f"{damage:<30}", "  ".join(f"{name} {cer:.3f}" for name, cer in zip(readings, part)))
for i in np.argsort(errors)[-2:]:
    lost, won = ocr.words_lost_and_won(references[i], readings["damaged"][i], readings["network"][i])
    print("won: ", " ".join(won[:12]) or "none", "\nlost:", " ".join(lost[:12]) or "none")

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 3.
# > Let the room find a lost word in the picture of the page: what covered it?

# %% [markdown]
# ## Serve it
#
# A network is useful once others can call it.
# An **API** (application programming interface) over HTTP has **routes**: a path such as `/clean`, and a function that answers what is sent there.

# %%
from fastapi import FastAPI, HTTPException, Response, UploadFile
from course_utils.serve.pages import encode

ours_only = FastAPI()

@ours_only.post("/clean")
def clean_page(file: UploadFile):
    page = images.read_image(file.file.read(), grey=True)
    return Response(encode(models.clean(shipped, page)), media_type="image/png")

# %% [markdown]
# A file comes in, a PNG picture goes out.
# It is a `def`, not an `async def`: FastAPI runs it in a thread of its own, so that the server can answer others meanwhile.

# %% [markdown]
# ### Call it
#
# `TestClient` plays the caller without opening a port; `with` starts the server, and stops it at the end.

# %%
from fastapi.testclient import TestClient

good = {"file": ("page.png", encode(page.noisy))}
bad = {"file": ("page.png", b"Dear Madam")}
with TestClient(ours_only, raise_server_exceptions=False) as client:
    for upload in (good, bad):
        reply = client.post("/clean", files=upload)
        print(reply.status_code, reply.headers["content-type"], len(reply.content), "bytes")

# %% [markdown]
# The page comes back with status 200.
# The letter gets 500, which says that the *server* made a mistake, and no word that would help the caller.

# %% [markdown]
# ### A status and a sentence
#
# A status in the 400s says that the request can't be answered as it is; the sentence says what to do.

# %%
@ours_only.post("/clean-or-say-why")
def clean_or_say_why(file: UploadFile):
    try:
        page = images.read_image(file.file.read(), grey=True, name="The page")
    except ValueError as error:
        raise HTTPException(415, str(error)) from error
    return Response(encode(models.clean(shipped, page)), media_type="image/png")

with TestClient(ours_only) as client:
    reply = client.post("/clean-or-say-why", files=bad)
    print(reply.status_code, reply.json()["detail"])

# %% [markdown]
# A program reads the status, and a person the sentence.

# %% [markdown]
# ### The course's own server
#
# `python -m course_utils serve` opens a port on your machine, with a page to drop scans on.
# A program calls it with one line:
#
# `curl -F file=@page.png http://127.0.0.1:8000/denoise -o clean.png`

# %%
from course_utils.serve import create_app
from course_utils.serve.app import load

seconds = timeit(lambda: globals().update(served=load(["documents"])), number=1)
service = create_app(served)
client = lambda: TestClient(service, headers={"Host": "localhost"})
with client() as caller:
    for path, actions in caller.get("/openapi.json").json()["paths"].items():
        print(path, *actions)
    reply = caller.post("/denoise", files=good)
    ms_per_page = timeit(lambda: caller.post("/denoise", files=good), number=5) / 5 * 1e3

# %% [markdown]
# Those with `post` take a file; lessons 03 and 04 serve their networks in the same way.

# %% [markdown]
# ### Broken files, and text

# %%
bad = {"a letter": b"Dear Madam", "half a page": good["file"][1][:2000], "nothing": b""}
with client() as caller:
    for name, content in bad.items():
        reply = caller.post("/denoise", files={"file": ("page.png", content)})
        print(f"{name:<12} {reply.status_code}  {reply.json()['detail']}")
    reply = caller.post("/ocr", files=good)
    for name, text in reply.json().items():
        print(f"\n{name}:", *text.split("\n")[:3], sep="\n  ")

# %% [markdown]
# After three broken files the server still answers: `/ocr` cleans a page, and gives what Tesseract reads after the cleaning and before.

# %% [markdown]
# ### Beside the lecture's server
#
# The lecture measured its server on a laptop (i5-7200U): about 10 s per call, and over 20 s to load the network.

# %%
print(f"loading the network, and one page to warm it up: {seconds:.1f} s (the lecture: over 20 s)")
print(f"a page through the server:  {ms_per_page:6.0f} ms (the lecture: about 10,000 ms)")
print(f"the network alone:          {convolved * 1e3:6.0f} ms")
print(f"the dense layers alone:     {dense * 1e3:6.0f} ms")
said(dense * 1e3 < 5000 and ms_per_page < 5000)

# %% [markdown]
# These are two machines, so only orders of magnitude count.
# The last line is the lecture's network, as far as we could rebuild it, on *this* machine: its arithmetic can't be what took 10 s.
# The slides don't say what did; a network that is loaded at each call would.
# Ours is loaded once, when the server starts.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 8.
# > Open the demo page (`python -m course_utils serve`), photograph a page of the room's and drop it there.
# > Ask what a program should do with each of the three answers to broken files.
# > Never trust a sender's claims: a name that ends in .png says nothing about the content.

# %% [markdown] tags=["optional"]
# ### Your picture
#
# The network knows only paper and ink.

# %% tags=["hide"]
from course_utils.teach import your_picture

portrait = images.to_grey(your_picture(side=256))
show_images([portrait, models.clean(shipped, portrait)], ["you", "you, as a page"], height=5,
            alt="A portrait, and a drawing in black and white that the page cleaner makes of it.")

# %% [markdown]
# What is darker than its surroundings counts as ink: a portrait becomes something like a drawing.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 1.
# > A network answers everything, also what it was never made for.

# %% [markdown]
# ## Recap
#
# 1. RMSE counts pixels, CER counts what a reader gets wrong; both add up over all pages before they divide.
# 2. All versions of a page stay on one side of the split; copies are made after it.
# 3. One small convolutional network cleans a page of any size, with a lower RMSE than the best filter; its loss ends at the entropy of grey targets, not at 0.
# 4. A route is a path and a function; a server loads the model once, and answers every bad file with a status and a sentence.
#
# Now you: [exercises](exercises/06_document_denoising.ipynb), or real pages with `DATASET = "noisyoffice"`.
#
# References: Castro-Bleda et al., NoisyOffice, 2020; Sauvola and Pietikäinen, 2000.

# %% [markdown]
# ### Your bets, and the record
#
# The numbers of this run go into a small file that `make results` reads.

# %%
from course_utils import results

bets.score()
told = {"cer_before": "damaged", "cer_classical": best, "cer_after": "network",
        "cer_clean": "clean page"}
ocr_numbers = {key: cers[name] for key, name in told.items() if np.isfinite(cers[name])}
results.record(run, scores[ours] | ocr_numbers | {
    "ms_per_page": ms_per_page, "rmse_shipped": scores["shipped"]["rmse"]},
    scores["trained now"], baselines)
results.must_beat(run, scores["trained now"], baselines)

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 2.
# > Ask for one document in the room that this network should never touch, and why.
