# %% [markdown]
# # Your own project
#
# You bring a folder of pictures; this lesson helps you to choose a task, to check the data, and to finish with numbers that hold.
#
# ![Two views in haze, without it as a classical method and a network answer, and the clear views.](pictures/09_your_own_project.png)
#
# - **Time**: 40 minutes to read; about a minute to run on a laptop CPU.
# - **You need**: lesson 01 (U-Net); the other lessons help, and none of them is needed.
# - **Data**: landscapes drawn by the course (CC BY 4.0), or a folder of your own pictures: `DATASET = "its name"`.

# %% [markdown]
# ## Objectives
#
# 1. Say which lesson's method fits the pictures that you have.
# 2. Find what is wrong with a folder before you train on it.
# 3. Take a project from baseline to model card: data, model, measurement, failures.

# %% tags=["parameters"]
PROFILE = "quick"
DATASET = "synthetic"
SEED = 0
STEPS = None
TEST_DATA = None

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 1.
# > Ask who has pictures of their own at home or at work, and what they would like to come out.

# %% [markdown]
# ## What do you have?

# %% tags=["hide"]
import numpy as np
from course_utils import images, profile
from course_utils.data import project as data
from course_utils.show import colour_labels, show_figure, show_images, show_source, tell
from course_utils.show.choice_way import choice_way
from drawn_worlds import cells, faces, houses, landscapes, painters

run = profile.start("09", PROFILE, DATASET, SEED, STEPS, TEST_DATA)
house, field, (one, other) = houses.facade(3), cells.cells(3), (faces.face(n) for n in (1, 4))
view, painting, lines = landscapes.landscape(5, 64).photo, painters.painting(1, 128), (one.sketch, other.sketch)
show_figure(choice_way([(houses.colour(house.labels), house.photo), (field.image, colour_labels(field.labels)), (lines[0], other.photo),
                        (painting, view), (view, images.to_grey(view)), (lines[1], other.photo)]),
            alt="Six rows: what you have, the lesson whose method takes it, and what it gives.")

# %% [markdown]
# Blue rows need pairs, orange ones don't; in the green row you spoil clean pictures, and the network learns the way back.
# The last row's methods answer in many ways.

# %% [markdown]
# ### Ask a folder
#
# `data.possible` looks at a folder's names, shapes and colours, and says which lessons' methods its pictures fit.
# It proposes; you decide.
# To try it, we make three small folders.

# %%
import tempfile
from pathlib import Path

def folder_of(**piles):
    """A folder of this computer that holds {subfolder: {name: picture}}."""
    home = Path(tempfile.mkdtemp())
    for pile, pictures in piles.items():
        for name, picture in pictures.items():
            images.write_image(home / pile / name, picture)
    return home

photos = {f"{n}.png": houses.facade(n).photo for n in range(3)}
labels = {f"{n}.png": houses.colour(houses.facade(n).labels) for n in range(3)}
people = {"anna.png": one.photo, "ben.png": other.photo}

# %% [markdown]
# ### Three folders

# %%
both = {name: np.hstack([photos[name], labels[name]]) for name in photos}
examples = {"photos and labels": folder_of(photos=photos, labels=labels),
            "houses and people": folder_of(houses=photos, people=people),
            "A|B in one file": folder_of(train=both)}
for name, folder in examples.items():
    print(f"{name}:")
    for way in data.possible(folder)[:2]:
        print(f"   {way.have:<14} lesson {way.lesson}   {way.seen}")

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 4.
# > Let three people say what they have, and let the room find the row.
# > Pairs are dear: for each row, ask what it would cost to get them.

# %% [markdown]
# ## Check before you train
#
# Here is a folder as folders are: copied, shrunk, torn, and split by hand.
# With `DATASET` set to a folder of yours, yours is looked at.

# %%
from course_utils.data import checks, drawings, readers

train, test = data.load(DATASET, run.test_data)  # an error if a source is in both
drawings.draw([*train, *test])

def as_it_comes(clean):
    """A folder with a black picture, a torn file, and a smaller copy on the other side."""
    numbered = {f"{n}.png": picture for n, picture in enumerate(clean)}
    held = {name: numbered.pop(name) for name in ("6.png", "7.png", "8.png")}
    held["holiday.jpg"] = images.resize(clean[2], (48, 48))
    folder = folder_of(train=numbered | {"lens cap.png": 0 * clean[0]}, test=held)
    (folder / "train" / "torn.png").write_bytes((folder / "train" / "0.png").read_bytes()[:900])
    return folder

drawn = DATASET == "synthetic"
folder = as_it_comes([one.picture for one in train[:9]]) if drawn else readers.home(DATASET)

# %% [markdown]
# ### What is wrong with it?

# %%
looks, broken = checks.look(folder)
for sentence in [*broken, *checks.findings(looks)]:
    print("-", sentence.replace(f"{folder}/", ""))

# %% [markdown]
# None of this need stop a training: the torn file is skipped, the black picture is learned, and the copy makes the test too good.
# Among thousands of pictures no eye finds it.

# %% [markdown]
# ### What to look for
#
# | look for | since otherwise |
# |---|---|
# | files that can't be read | they are skipped silently, or stop a training after hours |
# | pictures that look the same | what they show counts twice |
# | a picture on two sides of the split | the test asks what was learned by heart |
# | other sizes, other value ranges | the network sees another world than the one you mean |
# | classes of very different sizes | the rare kind is hardly learned, and a mean hides it |
#
# A **source** is what a training picture and a test picture must never share: a person, a page, a place, a video.
# Split by source first, then cut, mirror and augment.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 6.
# > Hide the sentences at first, and let the room list what could be wrong with a folder.
# > Which source do your pictures share: a patient, a camera, a day?

# %% [markdown]
# ## A project: out of the haze
#
# We have clean landscapes and nothing else, the fifth row of the diagram, so we make the input ourselves.
# In haze one sees $I$: the clear picture $J$ weakened, and the light $A$ of the air on top of it (Koschmieder, 1924).
#
# $$I = t\,J + (1 - t)\,A, \qquad t = e^{-\beta d}$$
#
# The share $t$ of light that comes through falls with the density $\beta$ and the distance $d$.
# We don't know $d$; in most landscapes what is higher in the picture is farther away, so ours grows from bottom to top, with thicker and thinner places.

# %%
show_source(data.veiled, data.haze)

# %% [markdown]
# ### Clear, and hazy

# %% tags=["hide"]
truths = np.stack([one.picture for one in test])
given = data.hazy(truths, SEED)
show_images([*truths[:6], *given[:6]], columns=6, rows=["clear", "hazy"], titles=[f"test view {n}" for n in range(6)],
            alt="Six landscapes, and below each the same in haze.")

# %% [markdown]
# Each test view keeps its haze; a training picture gets a new one each time that it is seen.

# %% [markdown]
# ### Baselines first
#
# - **nothing**: the input as it is;
# - **stretch**: each channel from its darkest to its brightest percent;
# - **dark channel** (He, Sun, Tang, 2009): almost every small patch of a clear picture has a pixel that is dark in some colour; where none is, there is haze.

# %%
from course_utils.teach import Bets

def stretch(picture):
    low, high = np.percentile(picture, (1, 99), axis=(0, 1))
    return np.clip((picture - low) / np.maximum(high - low, 1e-3), 0, 1)

classical = {"stretch": stretch, "dark channel": data.dark_channel}
bets = Bets()
bets.ask("psnr", "By how many dB of PSNR does a network beat the best of these?", 0, 6, step=0.1)

# %% [markdown]
# ### What they reach

# %% tags=["hide"]
from course_utils.models import project as models

cleared = {"nothing": given} | {name: np.stack([way(each) for each in given]) for name, way in classical.items()}
baselines = {name: models.scores(truths, pictures) for name, pictures in cleared.items()}
show_images([pictures[n] for n in range(2) for pictures in [*cleared.values(), truths]], columns=4,
            titles=[f"{name}: {told['psnr']:.1f} dB" for name, told in baselines.items()] + ["truth"],
            alt="Two hazy views, both methods' answers, and the truth.")

# %% [markdown]
# The number is the mean PSNR of all test views.
# Stretching is worse than doing nothing, since not every view has something black and something white; a baseline must be measured, too.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 7.
# > Where does this haze differ from a real one?
# > Whoever makes the input decides what the network can learn: write the assumptions down, they belong into the model card.

# %% [markdown]
# ### What should the network answer?
#
# Solve the equation for the clear picture:
#
# $$J = \frac{I - A}{t} + A$$
#
# So the network needn't paint: it says how much light $t$ comes through at each place, and which colour $A$ the air has.
# Both are smooth, so a small picture is enough for it, and its answer serves a picture of any size.

# %%
network = models.haze_network()
print(f"{network.count_params():,} weights")
show_source(models.haze_network)

# %% [markdown]
# ### The way of a picture

# %% tags=["hide"]
from course_utils.show.haze_way import haze_way

small = images.resize(given[0], (models.SIDE, models.SIDE))
t, air = network.predict(small[None], verbose=0)  # (1, 32, 32, 1), (1, 1, 1, 3): not trained yet
show_figure(haze_way(given[0], small, t[0, ..., 0], air[0, 0, 0], models.clear(network, given[:1])[0]),
            alt="A hazy picture is shrunk; a U-Net answers the light t and the air A; with both the large picture is cleared.")

# %% [markdown]
# It hasn't learned anything yet, so its $t$ is about one half everywhere.
# Only a small copy passes through the network; the full picture meets only the equation, so its details stay.

# %% [markdown]
# ### How it learns
#
# The loss is L1 between the clear picture and the cleared one; nobody tells the network what $t$ and $A$ are.

# %%
from course_utils.training import project as training

show_source(models.learning, training.train, models.clear)

# %% [markdown]
# ### Watch it learn

# %%
from course_utils.show.live import Live

watch = lambda: ([*given[:2], *models.clear(network, given[:2])], ["hazy"] * 2 + ["cleared"] * 2)
live = Live(run.steps, watch, keep="09_haze", alt="The loss falls; two hazy views, and both cleared.")
training.train(network, train, run.steps, SEED, callbacks=[live]);

# %% [markdown]
# The loss falls quickly at first, when it finds that there is haze at all, then slowly.

# %% [markdown]
# ## Measure, on views never seen

# %%
cleared["network"] = models.clear(network, given)
ours = models.scores(truths, cleared["network"])
tell(baselines | {"network": ours})
best = max(baselines, key=lambda name: baselines[name]["psnr"])
bets.reveal("psnr", ours["psnr"] - baselines[best]["psnr"])
no_haze = models.scores(truths, models.clear(network, truths))
print(f"it always expects haze: of clear views {no_haze['psnr']:.1f} dB are left")

# %% [markdown]
# ### The best and the worst

# %% tags=["hide"]
from course_utils import metrics
from course_utils.show import best_and_worst

each = [metrics.psnr(*pair) for pair in zip(truths, cleared["network"])]
order = best_and_worst(each)
show_images([pictures[n] for n in order for pictures in (given, cleared["network"], cleared[best], truths)], columns=4,
            rows=[f"{name}: {each[n]:.1f} dB" for n, name in zip(order, ("best", "worst"))],
            titles=["hazy", "network", best, "truth"], alt="The best and the worst test view: hazy, cleared twice, and the truth.")

# %% [markdown]
# What does the worst view have that others don't?
# Your answer belongs in the model card.

# %% [markdown]
# ### On real photographs, in our haze

# %% tags=["hide"]
from course_utils.data.photographs import PHOTOGRAPHS, photographs

real = photographs(128)
veiled, shown = data.hazy(real, SEED), [PHOTOGRAPHS.index(name) for name in ("chelsea", "coffee")]
dark = np.stack([data.dark_channel(each) for each in veiled])
afar = {"nothing": veiled, "dark channel": dark, "network": models.clear(network, veiled)}
show_images([pictures[n] for n in shown for pictures in [*afar.values(), real]], columns=4,
            titles=["hazy", "dark channel", "network", "truth"],
            alt="Two photographs in haze, cleared by the dark channel and by the network, and as they were.")

# %% [markdown]
# It has learned from landscapes alone: here it is about level with the dark channel.

# %% [markdown]
# ### Two views, large

# %% tags=["hide"]
large = np.stack([landscapes.landscape(one.seed, 192).photo for one in test[:2]] if drawn else truths[:2])
mist = data.hazy(large, SEED + 1)
rows = [mist, np.stack([data.dark_channel(each) for each in mist]), models.clear(network, mist), large]
show_images([pictures[n] for n in range(2) for pictures in rows], ["hazy", "dark channel", "network", "truth"], columns=4,
            alt="Two views in haze, without it as a classical method and a network answer, and the clear views.")

# %% [markdown]
# The same weights, which look at 32 × 32 pixels, clear 192 × 192: only $t$ is enlarged.
# In single views the dark channel may look better; in the mean over all test views the network is ahead.

# %% [markdown]
# ### Hide yourself

# %% tags=["hide"]
import ipywidgets
from course_utils.show import play
from course_utils.teach import your_picture

you = your_picture(256)

def hidden(density, air):
    far = np.linspace(1.2, 0.2, len(you))[:, None] * np.ones(len(you))
    fog = data.veiled(you, np.exp(-density * far), 3 * [air])
    return [you, fog, models.clear(network, fog[None])[0]], ["you", "in haze", "cleared"], 3, 4

play(hidden, alt="Your picture, in haze, and cleared.",
     density=ipywidgets.FloatSlider(1.2, min=0, max=4, step=0.1), air=ipywidgets.FloatSlider(0.8, min=0, max=1, step=0.05));

# %% [markdown]
# Move `air` to the left: dark air is smoke, and the network has never seen any.

# %% [markdown]
# ### How sure is the gain?
#
# One training is an anecdote.
# `make evidence LESSON=09` trains with five seeds; half of the worst gain is the **margin** that every later run must keep.

# %%
import json
from course_utils import board, paths, results

elsewhere = {name: models.scores(real, pictures) for name, pictures in afar.items()}
tell({f"{name}, photographs": told for name, told in elsewhere.items()})
evidence = json.loads((paths.EVIDENCE / "09.json").read_text())["summary"]
for part in ("views", "photographs"):
    seeds = evidence[part]["psnr"]
    print(f"{part:<12} five seeds: {min(seeds):.2f} to {max(seeds):.2f} dB;",
          f"dark channel {evidence[part]['dark channel']['psnr']:.2f} dB")
assert min(seeds) < evidence["photographs"]["dark channel"]["psnr"] < max(seeds)  # as told above
print(f"margin on views: {evidence['margin']:.2f} dB; asked of each run: {run.task.margin} dB")

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 9.
# > While it trains: which numbers would convince you, and which picture?
# > The photographs are the honest part: ask which of the three the room would have picked for an advertisement.

# %% [markdown]
# ## The model card
#
# What you hand on is a network and one page: what it is for, what it was measured by, where it fails (Mitchell et al., 2019).
# The numbers come from this run.

# %%
from IPython.display import HTML, Markdown
from course_utils.teach.game import game
from course_utils.teach.model_card import model_card

worst, dark = order[-1], elsewhere["dark channel"]["psnr"]
told = {
    "What it is for": "Views in haze, of any size. "
    "Not to be used as evidence: what haze has hidden is guessed.",
    "Data": f"{len(train)} pictures ({DATASET}), {len(test)} others for the test; "
    "split by source; the haze is computed.",
    "Training": f"{run.steps} steps with the L1 loss, seed {SEED}; "
    f"{network.count_params():,} weights.",
    "What it was measured by": "PSNR and SSIM, means over the test, beside other methods.",
    "Where it fails": f"The worst test view, {test[worst].id}, reaches {each[worst]:.1f} dB. On "
    f"photographs {elsewhere['network']['psnr']:.1f} dB, the dark channel {dark:.1f} dB. "
    f"Clear views are spoilt, too: {no_haze['psnr']:.1f} dB.",
    "Limits": "No real haze was measured. Beyond landscapes a classical method may do as well.",
}
card = model_card("09_model_card", told, baselines | {"network": ours})

# %% [markdown]
# ### The page

# %%
Markdown(card.partition("\n")[2])

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 4.
# > Which sentence of the card would a salesperson leave out?
# > Your own project's card may begin as a copy of this cell.

# %% [markdown]
# ## Which mistake made this picture?
#
# Ten pictures, each made by a mistake that some lesson has named; none raised an error.

# %%
game(SEED);

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 5.
# > Play it with the whole room, by show of hands.
# > `work/` keeps nothing of it: the score is for laughing.

# %% [markdown]
# ## You, through the whole course
#
# Put a `me.jpg` into `work/`, and every lesson's network gets its turn.
# The page in `work/poster.pdf` is ready for a printer.

# %% [markdown]
# ### The poster

# %% tags=["hide"]
from course_utils.teach import bets as kept_bets
from course_utils.teach import poster

fog = data.hazy(you[None], SEED)
half = you.shape[1] // 2
halves = np.hstack([fog[0][:, :half], models.clear(network, fog)[0][:, half:]])
pictures = poster.through_all(you, {"09  half in haze, half cleared": halves})
page = poster.poster(pictures, kept_bets.kept())
print(poster.print_out(page))
show_figure(page, alt="Your picture, or its stand-in, through the networks of all lessons, and your bets against what was measured.")

# %% [markdown]
# Each slider that you moved becomes a point: above the line the bet was too low.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 3.
# > Print it for everyone who wants one.
# > Whose bets lie below the line everywhere expects too much of networks.

# %% [markdown]
# ### What the course reached, beside slides and papers

# %%
HTML(board.small_board(json.loads(paths.SNAPSHOT.read_text())["records"]))

# %% [markdown]
# ## Recap
#
# 1. Pairs, label maps, two piles, one picture, or clean pictures alone: each has its method, and clean pictures are enough if you can spoil them.
# 2. Torn files, copies and leaks raise no error; look for them before you train, and split by source.
# 3. A project is a baseline, a model that beats it by a margin, a measurement on unseen sources, its worst pictures, and a card that says so.
#
# Now you: [exercises](exercises/09_your_own_project.ipynb), or a folder of your own in `COURSE_DATA`.
# References: He, Sun, Tang, *Single image haze removal*, 2009, eq. 1, 5, 12, 22; Koschmieder, 1924; Mitchell et al., *Model cards*, 2019; Gharbi et al., *Deep bilateral learning*, 2017, for answers that are applied to a larger picture.

# %%
bets.score()
photographed = {f"{key}_photographs": value for key, value in elsewhere["network"].items()}
results.record(run, ours | photographed | {"psnr_clear": no_haze["psnr"]}, ours, baselines)
results.must_beat(run, ours, baselines)

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 1.
# > What will you bring next time?
