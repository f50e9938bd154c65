# %% [markdown]
# # Start here
#
# A picture goes in, another picture comes out.
# In this course you build the networks that do it, and you measure how well.
#
# ![Bright cells on black, and violet cell nuclei on pink tissue.](pictures/00_start_here.png)
#
# - **Time**: 11 minutes to read, about a minute to run on a laptop CPU.
# - **You need**: a little Python.
# - **Data**: drawn by the course itself, and one NASA portrait (public domain) that comes with scikit-image.

# %% [markdown] tags=["note"]
# > **For the speaker.**
# > Ask who has trained a network before, and who has looked at its output as numbers.
# > Everyone runs each cell with Shift+Enter; wait for the first picture before you go on.

# %% [markdown]
# ## Objectives
#
# 1. Run a cell and see a picture.
# 2. Read a picture as a tensor: shape, type, range.
# 3. Recognise five classic mistakes by their look.
# 4. Compare a result with a baseline, by a number.

# %% [markdown] tags=["read"]
# A grey box holds code.
# Click into it and press **Shift+Enter** to run it.
# Such a box is called a cell; each builds on those above it, so run them from top to bottom.
# The first one holds the settings that every lesson has: leave them as they are today.

# %% tags=["parameters"]
PROFILE = "quick"
DATASET = "synthetic"
SEED = 0
STEPS = None
TEST_DATA = None

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 1.
# > The cell above holds the settings that every lesson has.
# > Nobody needs to touch them today.

# %% [markdown]
# ## One photograph, the whole course

# %% tags=["hide"]
from course_utils.show import show_images
from course_utils.teach import your_picture
from course_utils.teach.poster import through_all

made = through_all(your_picture(side=256))
show_images(list(made.values()), [title.replace(": ", "\n") for title in made], columns=5,
            alt="One photograph, and what the networks of nine lessons make of it.")

# %% [markdown]
# With `work/me.jpg` it is you; some networks know only houses, pages or drawn faces.

# %% [markdown] tags=["read"]
# pSp (pixel2style2pixel) looks you up among the faces that another network can draw; a flow turns noise into a house, here noise that was laid over you.
# Lesson 09 is missing, since that network will be your own.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 1.
# > Ask what each network must have been taught, to answer like this.

# %% [markdown]
# ## Your first picture

# %% tags=["hide"]
from drawn_worlds.cells import cells

field = cells(seed=3, size=192, look="fluorescence")
tissue = cells(seed=7, size=192, look="stained")
show_images([field.image, tissue.image], ["fluorescence", "stained tissue"], height=5,
            alt="Bright cells on black, and violet cell nuclei on pink tissue.")

# %% [markdown]
# Nobody took these pictures: the course draws them.
# So it knows where each cell ends, and it needs no download; where would you draw the line between two cells that touch?

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 1.
# > Lesson 01 teaches a network to find these cells.
# > Ask the room: where would you draw the border between two cells that touch?

# %% [markdown]
# ## Check your machine

# %%
from course_utils import doctor

status = doctor.main()

# %% [markdown] tags=["read"]
# A line that starts with `FAIL` ends with the command that repairs it.
# A line that starts with `note` is optional.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 1.
# > Walk around while it runs; it takes ten seconds.
# > A missing tesseract or GPU is fine.

# %% [markdown]
# ## A picture is a tensor
#
# A **tensor** is an array of numbers with any number of axes.

# %%
photo = your_picture(side=256)
print("shape", photo.shape, "  (height, width, channels)")
print("type ", photo.dtype)
print("range", photo.min(), "to", photo.max())
print("the pixel in row 40, column 100:", photo[40, 100])

# %% [markdown]
# Rows come first, columns second, and the three channels are red, green and blue.
# A batch of pictures has one more axis in front: `(batch, height, width, channels)`.

# %% [markdown]
# ### One picture, three ranges
#
# Some networks end in tanh, a function whose values lie between −1 and 1.

# %%
from course_utils import images

for name, version in {
    "file and screen": images.to_uint8(photo),
    "the course": photo,
    "tanh networks": images.to_signed(photo),
}.items():
    print(f"{name:<16} {version.dtype!s:<8} {version.min():>5.2f} to {version.max():>6.2f}")

# %% [markdown]
# What such a network answers must be converted before you see it.
# Mixing the ranges up raises no error: the picture is wrong, and nothing says so.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 1.
# > Surprising for most: a float picture and a uint8 picture look the same on screen and differ by a factor of 255.
# > Convert with the module images: it checks the range first.

# %% [markdown]
# ## Five classic mistakes

# %% tags=["hide"]
import numpy as np

versions = {
    "right": photo,
    "channels reversed": photo[..., ::-1],
    "divided by 255 twice": photo / 255,
    "[-1, 1] shown as [0, 1]": np.clip(photo * 2 - 1, 0, 1),
    "uint8 overflow": images.to_uint8(photo) + np.uint8(90),
    "rows and columns swapped": photo.transpose(1, 0, 2),
}
shuffled = dict(zip("ABCDEF", np.random.default_rng(SEED).permutation(list(versions))))
show_images([versions[name] for name in shuffled.values()], list(shuffled), columns=3,
            alt="The portrait six times, five of them spoilt: blue, black, dark, spotted or mirrored at the diagonal.")

# %% [markdown]
# One of six is right, and none raises an error: what happened to each of the others?

# %% [markdown]
# ### What they are

# %%
seen = {
    "right": "nothing is wrong",
    "channels reversed": "skin is blue: OpenCV reads files as BGR",
    "divided by 255 twice": "black: 0 to 1, divided by 255 again",
    "[-1, 1] shown as [0, 1]": "too dark: what lies between -1 and 0 is cut off",
    "uint8 overflow": "wrong colours: in uint8 200 + 90 is 34",
    "rows and columns swapped": "mirrored at the diagonal: (column, row) for (row, column)",
}
for letter, name in shuffled.items():
    print(f"{letter}  {name:<24}  {seen[name]}")

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 2.
# > Let the room name each mistake before the next slide names it.
# > The overflow wraps around at 256.

# %% [markdown]
# ## Turn a knob

# %% tags=["hide"]
import ipywidgets
from course_utils.show import play

grain = np.random.default_rng(SEED).normal(size=photo.shape)

def noisy(sigma):
    return np.clip(photo + sigma * grain, 0, 1)

play(lambda sigma: ([photo, noisy(sigma), 0.5 + (noisy(sigma) - photo) / 2],
                    ["clean", "noisy", "difference"], 3, 4),
     alt="The portrait, clean, with noise, and the noise alone.",
     sigma=ipywidgets.FloatSlider(0.2, min=0, max=0.6, step=0.02));

# %% [markdown]
# Noise is the plainest damage: move the slider, from where on is the face lost?
# In the difference, grey means that nothing changed.

# %% [markdown] tags=["read"]
# `sigma` is the standard deviation of the noise, on a scale where white is 1.
# What would be darker than black or brighter than white is clipped.

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 1.
# > Drag slowly to the right and let the room say stop.
# > Note the number at which the room says stop.

# %% [markdown]
# ## Bet first
#
# PSNR says how close two pictures are, in decibels:
#
# $$\mathrm{PSNR} = 10 \log_{10} \frac{1}{\mathrm{MSE}}$$
#
# MSE is the mean of the squared differences; noise has the MSE σ², so σ = 0.2 means 14 dB, and a little more after clipping.
# Every 6 dB more divides the MSE by four, so a typical difference is halved.

# %%
from course_utils.teach import Bets

bets = Bets()
bets.ask("median", "PSNR in dB after a 5×5 median filter?", 10, 30, step=0.5)

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 1.
# > Everyone sets the slider before you go on.
# > A guess that is wrong teaches more than a number that is read.

# %% [markdown]
# ### Measure it against doing nothing

# %% tags=["hide"]
from scipy.ndimage import median_filter
from skimage.metrics import peak_signal_noise_ratio

damaged = noisy(0.2)
cleaned = median_filter(damaged, size=(5, 5, 1))
psnr = {name: peak_signal_noise_ratio(photo, picture, data_range=1)
        for name, picture in {"do nothing": damaged, "median": cleaned}.items()}
show_images([damaged, cleaned], [f"{name}: {value:.1f} dB" for name, value in psnr.items()],
            alt="The noisy portrait, and the same after a median filter: smooth and soft.", height=3.6)
assert 14 < psnr["do nothing"] < 16 < psnr["median"]

# %% [markdown]
# The filter takes the middle one of 25 sorted values: single grains vanish, blotches stay on the wall, and the eyes get soft.

# %% [markdown]
# ### The baseline

# %%
bets.reveal("median", psnr["median"])

# %% [markdown]
# A **baseline** is a simple method that is measured first: here doing nothing, and the median.
# A network that doesn't beat both isn't worth its training, however good its pictures look.

# %% [markdown] tags=["note"]
# > **For the speaker.**
# > Which bet was closest, and what was it based on?

# %% [markdown]
# ## Your picture goes along
#
# Upload a portrait, or put one into `work/me.jpg`.
# It stays on this computer and goes through every lesson.
# To see it here, run this lesson again from "A picture is a tensor".

# %%
from course_utils.teach import upload

upload()

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 1.
# > Nobody has to: without a picture the lessons use the portrait from above.
# > Nothing leaves the computer: no lesson sends anything.

# %% [markdown] tags=["read"]
# ## How the course runs
#
# - `python -m course_utils start 01` copies a lesson into `work/`, and your copy is never overwritten.
# - Everything runs on a laptop without an internet connection: that is the profile `quick`.
# - From lesson 01 on, real data works too: set `COURSE_DATA` to its folder, and `DATASET` in the first cell of code.
# - **Alt+R** shows a notebook as slides, **T** opens the speaker's notes.

# %% [markdown]
# ## Recap
#
# 1. Shift+Enter runs a cell, and the picture is right below.
# 2. A picture is `(height, width, channels)`, with a type and a range that you have to know.
# 3. Five mistakes raise no error; you know their look now.
# 4. A result counts beside a baseline, in numbers.
#
# Now you: [exercises](exercises/00_start_here.ipynb), then [lesson 01](01_unet_segmentation.ipynb).

# %% [markdown] tags=["note"]
# > **For the speaker**, minutes: 1.
# > Ask for the one mistake that people expect to make first.

# %%
from course_utils import profile, results

run = profile.start("00", PROFILE, DATASET, SEED, STEPS)
results.record(run, {"psnr": psnr["median"]}, {}, {"do nothing": {"psnr": psnr["do nothing"]}})
bets.score()
print("Setup complete." if status == 0
      else "Mend the FAIL lines above, then run the notebook again.")
