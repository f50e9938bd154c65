# %% [markdown]
# # Clean it: document denoising
#
# A stained, crumpled page goes in, a clean one comes out, and a machine can read it again.
#
# ![Two damaged pages, and beside each the page that the network makes of it.](pictures/06_document_denoising.png)
#
# - **Time**: 47 minutes to read, about a minute to run on a laptop CPU.
# - **You need**: lesson 00, and an idea of what a convolution is.
# - **Data**: pages drawn by the course (CC BY 4.0), or real ones: `DATASET = "noisyoffice"`.

# %% [markdown]
# ## Objectives
#
# 1. Measure a cleaned page twice: by its pixels, and by what OCR reads on it.
# 2. Split by page, then augment, and say why the order matters.
# 3. Clean pages of any size with a small convolutional network, beside the best classical filter.
# 4. Serve the network to others over HTTP.

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

# %%
import numpy as np
from course_utils import images, profile
from course_utils.data import documents
from course_utils.show import best_and_worst, show_images

run = profile.start("06", PROFILE, DATASET, SEED, STEPS, TEST_DATA)
train, test = documents.load(DATASET, run.test_data)
print(len(train), "pages to learn from,", len(test), "others;",
      len({p.source for p in train} & {p.source for p in test}), "clean pages on both sides")
shown, corner = test[:3], np.s_[:110, :270]
show_images([twin[corner] for p in shown[-2:] for twin in (p.noisy, p.clean)],
            [title for p in shown[-2:] for title in (p.damage, "clean")],
            alt="Corners of two damaged pages, and beside each the same corner clean.")

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
chosen = np.random.default_rng(SEED).permutation(len(test))[:10]  # files in order: few texts
read_pages = [test[i] for i in chosen]  # OCR takes a third of a second a page
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
bets.reveal("ocr", ocr.cer(references, on_noisy))

# %% [markdown]
# ### Split first, then augment
#
# One wrong letter makes a whole word wrong, so WER is higher than CER.
#
# NoisyOffice has 54 clean pages, each with four kinds of damage: 216 pairs.
# Shuffle the 216 files, and the same page trains and tests: the network may learn the text by heart.
# So we split by **clean page**, and only then multiply what is left for training.

# %% tags=["hide"]
copies = documents.ninefold(train[0].noisy, train[0].clean, np.random.default_rng(SEED))
show_images([noisy[:90, :200] for noisy, _ in copies], columns=5, height=1.6,
            alt="Nine versions of a corner of a page: noise of four kinds, mirrored, turned, blended.")
print("216 pairs + 72 real pages without a clean twin = 288;  288 × 9 =", 288 * 9)

# %% [markdown]
# First the page itself, then four noises; below: mirrored, turned, on a foreign picture, in a shadow (our guess at the ninth).
# A lecture made 2,592 pages out of 288 with such copies; 72 of them have no clean twin, so at most 216 × 9 = 1,944 pairs remain, and only the training pages' may train.
# We train on random crops instead: each batch cuts new ones.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 10.
# > Let the room read the worst page aloud first: people are still far better readers.
# > Everyone bets before the numbers come.
# > Write CER on the board with a three-letter word and one wrong letter.
# > The split is the place where most teaching versions of this task cheat without knowing it.

# %% [markdown]
# ## Classical first
#
# Before any network: the **slides' chain** of a lecture (blur, find edges, invert, cut at a threshold), the **median** of all neighbours, **Sauvola**'s threshold for every place, and **background**: estimate the paper without ink, and divide by it.

# %%
from course_utils import cleaning

classical = {"slides' chain": cleaning.slides_chain, "median": cleaning.median_filter,
             "Sauvola": cleaning.sauvola, "background": cleaning.subtract_background}
page = max(shown, key=lambda p: metrics.rmse(p.clean, p.noisy))
bets.ask("classical", "The best classical RMSE (do nothing: about 0.2)?", 0, 0.4, step=0.01)
show_images([clean(page.noisy)[corner] for clean in classical.values()], list(classical), columns=2,
            height=1.6, alt="A page cleaned by the four classical filters.")

# %% [markdown]
# ### Measured
#
# The median won in lesson 00; here it wears thin strokes away even on a clean page, and a stain is wider than its neighbourhood.
# The chain loses the filling of thick strokes; a threshold makes the soft rims black or white.
# "Background" keeps greys between ink and paper.

# %%
cleaned = {"nothing": [p.noisy for p in test]}
cleaned |= {name: [clean(p.noisy) for p in test] for name, clean in classical.items()}
baselines = {name: metrics.page_scores([p.clean for p in test], pages)
             for name, pages in cleaned.items()}
for name, numbers in baselines.items():
    print(f"{name:<14} RMSE {numbers['rmse']:.3f}   PSNR {numbers['psnr']:5.1f} dB")
best = min(list(classical), key=lambda name: baselines[name]["rmse"])
bets.reveal("classical", baselines[best]["rmse"])

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 7.
# > Ask which of the four the room would trust with a contract.
# > The network has to beat the best of them, not the worst.

# %% [markdown]
# ## A network for any size
#
# A lecture's slides give 172×360 numbers in, 540×258 out, five layers and 168,047,480 parameters.
# All joined to all, the widths below give exactly that count; the three in the middle are our guess.
# Adam keeps two **moments** for each weight: running means of its slope and of the slope's square.

# %%
from itertools import pairwise

widths = [172 * 360, 896, 8960, 704, 540 * 258]
parameters = sum((a + 1) * b for a, b in pairwise(widths))
print(f"{parameters:,} parameters, {parameters * 4 / 1e6:.0f} MB")
print(f"to train it with Adam: {parameters * 16 / 1e9:.1f} GB (weights, slopes, two moments)")

# %% [markdown]
# ### The same cleaner at every place
#
# A stroke at the top looks like a stroke at the bottom, so one small filter can serve the whole page.
# **Fully convolutional**: no dense layer, hence any page size; `clean` mirrors a page up to a multiple of 8 and cuts the answer back.
# `convolution` is a convolution, batch norm and a leaky ReLU, which lets a tenth of a negative value through.

# %%
from course_utils.models import documents as models
from course_utils.show import show_source

show_source(models.denoiser)

# %% [markdown]
# ### Any size, and how long
#
# One number on the smallest map sees 40 pixels a side; skips bring the fine strokes.

# %%
import keras
from timeit import timeit

model = models.denoiser()
print(f"{model.count_params():,} parameters: {parameters // model.count_params()} times fewer")
bets.ask("dense", "A page through the dense network takes how many times as long?", 0, 10, step=0.5)

# %%
dense, convolved = 0, timeit(lambda: models.clean(model, page.noisy), number=5) / 5
for a, b in pairwise(widths):  # one layer at a time: less memory
    weights, x = np.ones((a, b), np.float32), np.ones(a, np.float32)
    dense += timeit(lambda: x @ weights, number=3) / 3
print(f"dense {dense * 1e3:.0f} ms, ours {convolved * 1e3:.0f} ms")
bets.reveal("dense", dense / convolved)

# %% [markdown]
# ### Binary cross-entropy with grey targets
#
# On a CPU the dense network need not be slower: it touches each weight once, ours uses its few at every pixel.
# It pays with memory and one fixed page size.
#
# $$\mathrm{BCE} = -\frac{1}{n}\sum_i \bigl[t_i \log p_i + (1 - t_i) \log (1 - p_i)\bigr]$$
#
# A pixel on the rim of a stroke is grey: $t = 0.5$.
# The best answer is $p = 0.5$, and it still costs $\log 2$.
# So this loss never reaches 0: its floor is the **entropy** of the targets themselves.
# "Accuracy", which such trainings often plot, rounds $p$ to 0 or 1 and asks whether it equals $t$: a grey pixel is never right.
# The second number below is the most that it could reach.

# %%
clean_pages = [p.clean for p in test]
floor = metrics.page_scores(clean_pages, clean_pages)["bce"]
print(f"the floor on our test pages: {floor:.4f}")
print("share of pixels that are exactly 0 or 1:",
      f"{np.mean([((c == 0) | (c == 1)).mean() for c in clean_pages]):.0%}")

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 8.
# > The surprise: the dense network isn't slower, since it touches each weight once, and ours uses its few at every pixel.
# > What it costs is memory, a fixed page size, and a stroke that must be learned anew at every place.
# > Ask what happens to the dense network when the page is two pixels wider, and why its memory hurts more than its time.

# %% [markdown]
# ## Train it
#
# Crops are enough: what stands at the other end of the page doesn't matter for a stroke.

# %%
from course_utils.data.pipeline import stream

crops = documents.Crops(train)
batches = stream(crops, batch_size=16, seed=SEED)
x, t = next(iter(batches))  # noisy, clean: (16, side, side, 1) each
print("noisy", x.shape, "  clean", t.shape)
bets.ask("rmse", "The network's RMSE on pages it has never seen?", 0, 0.2, step=0.005)
show_images([*x[:5], *t[:5]], columns=5, height=1.7,
            alt="Five damaged crops of pages, and below each the clean one.")

# %% [markdown]
# ### Watch it learn
#
# The network's last numbers are **logits**; with `from_logits=True` Keras takes the sigmoid and the logarithm at once, without rounding $\log 0$.

# %%
from course_utils.show.live import Live
from course_utils.training import documents as training

watch = lambda: [page.noisy[corner], models.clean(model, page.noisy[corner])]
model, peak = models.denoiser(), 1e-2  # real pages: go on from what drawn ones have taught
if DATASET != "synthetic":
    model, peak = models.load(), 5e-3
live = Live(run.steps, watch, alt="The loss falls; a corner of a damaged page, and it cleaned.")
model.compile(training.optimizer(run.steps, peak), jit_compile=False,
              loss=keras.losses.BinaryCrossentropy(from_logits=True))
model.fit(batches, steps_per_epoch=run.steps, shuffle=False, callbacks=[live], verbose=0);

# %% [markdown]
# ### Trained now, and trained longer
#
# The loss creeps towards its floor, the entropy of the grey rims.
# The course ships the same network with about ten times as many steps and pages, all drawn.
# On real pages it has never seen a real one: that row says how far drawings carry.

# %% tags=["hide"]
from course_utils.show import show_scores

shipped = models.load()
flips = DATASET != "synthetic"  # real pages: the mean over four mirrored answers
for name, network in {"trained now": model, "shipped": shipped}.items():
    cleaned[name] = [models.clean(network, p.noisy, flips) for p in test]
scores = {name: metrics.page_scores(clean_pages, cleaned[name]) for name in cleaned}
table = {name: scores[name]["rmse"] for name in ("nothing", best, "trained now", "shipped")}
show_scores(table, "RMSE",
            alt="Bars: RMSE of the damaged pages, of the best filter, and of the two networks.")
bets.reveal("rmse", scores["trained now"]["rmse"])

# %% [markdown]
# ### The best and the worst
#
# The bar to beat is the best filter's; doing nothing is only the start.
# Look at the strokes: where the stain was darkest, what did the network leave out, what did it make up?

# %% tags=["hide"]
ours = "shipped" if DATASET == "synthetic" else "trained now"
each = [metrics.rmse(p.clean, c) for p, c in zip(test, cleaned[ours])]
order = best_and_worst(each)[::-1]
show_images([picture[corner] for i in order for picture in (test[i].noisy, cleaned[ours][i])],
            [title for i, name in zip(order, ("best", "worst"))
             for title in (name, f"RMSE {each[i]:.3f}")],
            alt="Two damaged pages, and beside each the page that the network makes of it.")

# %% [markdown]
# On the best page hardly more than the rims of the strokes is wrong.
# On the worst, look for two mistakes: specks that stay are noise taken for ink, gaps in letters are ink taken for noise.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 8.
# > The training takes about half a minute: first the paper turns white, then the strokes get sharp.
# > The shipped network never saw these pages, nor any real page.
# > Stay on the worst page: the network doesn't say that it is unsure.

# %% [markdown]
# ## What a reader reads now
#
# RMSE counts pixels of paper; a reader cares about the strokes.

# %%
bets.ask("after", "CER after cleaning, as a share of the CER before?", 0, 1, step=0.05)
compared = {"damaged": "nothing", best: best, "network": ours}
readings = {name: what_is_read([cleaned[key][i] for i in chosen]) for name, key in compared.items()}
readings["clean page"] = on_clean
cers = {name: ocr.cer(references, texts) for name, texts in readings.items()}
for name, texts in readings.items():
    print(f"{name:<11} CER {cers[name]:.3f}   WER {ocr.wer(references, texts):.3f}")
bets.reveal("after", cers["network"], of=cers["damaged"])

# %% [markdown]
# ### The mistake detective
#
# Compare the gaps above: damaged to filter, filter to network, network to clean page.
#
# The lecture's slides shrink every page to 172×360 before cleaning, whatever its shape.
# The network is the same, so what can be wrong?

# %%
from course_utils.exercises import documents as mistakes

kept = models.clean(shipped, page.noisy)
shrunk = mistakes.fixed_shape(shipped, page.noisy)
show_images([kept[:100, :260], shrunk[:100, :260]], ["any size", "shrunk to 172×360"],
            alt="The same lines of text, sharp on the left and smeared on the right.")
perfect = images.resize(images.resize(page.clean, (172, 360)), page.clean.shape)  # no network
for name, result in {"any size": kept, "shrunk": shrunk, "perfect but shrunk": perfect}.items():
    print(f"{name:<18} RMSE {metrics.rmse(page.clean, result):.3f}")

# %% [markdown]
# ### Damage a page yourself
#
# The last row is the clean page itself, shrunk and enlarged: so much is lost before any network starts.
#
# Which damage does the network undo, and which not?

# %% tags=["hide"]
import ipywidgets
from course_utils.show import play
from drawn_worlds.documents import DAMAGES, document

draw = lambda damage, number: document(2_000_000 + number, (160, 400), damage).noisy  # unseen
play(lambda damage, number: [draw(damage, number), models.clean(shipped, draw(damage, number))],
     alt="A page with the chosen damage, and the page that the network makes of it.",
     damage=ipywidgets.Dropdown(options=DAMAGES),
     number=ipywidgets.IntSlider(7, min=0, max=99));

# %% [markdown]
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
# > **For the speaker**, minutes: 6.
# > Without Tesseract there are no error rates here: say so, and show the words on the site.
# > Let the room find a lost word in the picture of the page: what covered it?

# %% [markdown]
# ## Serve it
#
# A network is useful once others can call it.
# `python -m course_utils serve` starts a small server on your machine: a page to drop scans on, and an API for programs.
# Here `TestClient` plays the caller without opening a port; `__enter__` starts the server, `__exit__` stops it.

# %%
from course_utils.serve import create_app
from fastapi.testclient import TestClient

client = TestClient(create_app(), headers={"Host": "localhost"}).__enter__()
print(client.get("/health").json())
for path, actions in client.get("/openapi.json").json()["paths"].items():
    print(path, *actions)

# %% [markdown]
# ### Ask for a clean page, and for nonsense
#
# The network is loaded once, when the server starts.
# The lecture's server, on a laptop, took about 10 s a call and over 20 s to load its file of over 300 MB.
# A server meets broken and hostile files: each gets a status for programs, and one sentence for people.

# %%
import io
from PIL import Image

scan = io.BytesIO()
Image.fromarray(images.to_uint8(page.noisy)).save(scan, "png")
send = lambda: client.post("/denoise", files={"file": ("page.png", scan.getvalue())})
answer = send()
ms_per_page = timeit(send, number=5) / 5 * 1e3
print(answer.status_code, answer.headers["content-type"], f"{ms_per_page:.0f} ms a page")
bad = {"a text": b"Dear Madam", "half a page": scan.getvalue()[: scan.tell() // 2], "nothing": b""}
for name, content in bad.items():
    answer = client.post("/denoise", files={"file": ("page.png", content)})
    print(f"{name:<12} {answer.status_code}  {answer.json()['detail']}")
print(client.get("/health").json()["status"])

# %% [markdown]
# ### Your picture
#
# The network knows only paper and ink.

# %% tags=["hide"]
from course_utils.teach import your_picture

portrait = images.to_grey(your_picture(side=256))
show_images([portrait, models.clean(shipped, portrait)], ["you", "you, as a page"],
            alt="A portrait, and a drawing in black and white that the page cleaner makes of it.")

# %% [markdown]
# What is darker than its surroundings counts as ink: a portrait becomes something like a drawing.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 4.
# > Open the demo page (`python -m course_utils serve`), photograph a page of the room's and drop it there.
# > Ask what a program should do with each of the three answers.

# %% [markdown]
# ## Recap
#
# 1. RMSE counts pixels, CER counts what a reader gets wrong; both add up over all pages before they divide.
# 2. All versions of a page stay on one side of the split; copies are made after it.
# 3. One small convolutional network cleans a page of any size, with a lower RMSE than the best filter.
# 4. A server loads the model once and answers every bad file with a status and a sentence.
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

client.__exit__()
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
