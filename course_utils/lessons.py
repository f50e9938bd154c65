"""The cards: one entry for each lesson, in teaching order. Nothing else lists the lessons."""

from dataclasses import dataclass

from . import paths

BUDGET = {"seconds": 90, "peak_mb": 2048}  # of each lesson on the data that it draws: see `speed`
BUDGET_OF_ALL = 720  # reference seconds
ANY = "*"  # among a card's tasks: the name of any folder is a data set, too


@dataclass(frozen=True)
class Task:
    """A lesson on one data set: its training steps by profile, and what its record leads with.

    metric: the headline of the record, which the run must beat each baseline in. margin: by more
    than this, at most half the worst gain of five seeds.
    """

    quick: int
    full: int
    metric: str
    margin: float = 0.0


@dataclass(frozen=True)
class Lesson:
    """One lesson.

    name: of its files, such as lessons/<name>.py. word: names its file in every folder that has
    one for it, such as experiments/<word>.py. does: what you do in it, for a sentence. tasks: by
    data set; the one for "synthetic" is always there. lower: its metrics of which less is better.
    """

    name: str
    word: str
    does: str
    tasks: dict[str, Task]
    lower: tuple[str, ...] = ()

    @property
    def number(self) -> str:
        """Such as "01"."""
        return self.name[:2]

    @property
    def title(self) -> str:
        """The heading of its file, with its number."""
        text = (paths.LESSONS / f"{self.name}.py").read_text(encoding="utf-8")
        return f"{self.number} {text.split('# # ', 1)[1].splitlines()[0]}"

    def task(self, dataset: str) -> Task:
        """The task of a data set; where the card has none, that of `ANY`, else synthetic's."""
        return self.tasks.get(dataset) or self.tasks.get(ANY) or self.tasks["synthetic"]

    def sign(self, metric: str) -> int:
        """1 for a metric of which more is better, else -1."""
        return -1 if metric in self.lower else 1


LESSONS = (
    Lesson("00_start_here", "start", "", {"synthetic": Task(1, 1, "psnr")}),
    Lesson(
        "01_unet_segmentation",
        "segmentation",
        "cut pictures up with a U-Net",
        {
            "synthetic": Task(150, 20_000, "iou", 0.012),
            "dsb2018": Task(600, 20_000, "iou"),
            # whose IoU is also that of one cell everywhere
            "isbi2012": Task(1500, 20_000, "adapted_rand_error"),
        },
        lower=("adapted_rand_error",),
    ),
    Lesson(
        "02_pix2pix",
        "pix2pix",
        "translate drawings into photographs with pix2pix",
        {
            "synthetic": Task(160, 80_000, "fcn_iou", 0.005),  # full: 200 epochs of 400
            ANY: Task(2000, 80_000, "mae"),
        },
        lower=("mae", "grid_2", "grid_4", "grid_8", "texture_distance"),
    ),
    Lesson(
        "03_face_sketch_cyclegan",
        "face_sketch",
        "turn faces into sketches and back with CycleGAN",
        {  # steps of the autoencoder
            "synthetic": Task(120, 30_000, "ssim", 0.04),
            "cuhk": Task(1200, 30_000, "ssim", 0.05),
        },
    ),
    Lesson(
        "04_style_transfer",
        "style",
        "repaint photographs in a painter's hand",
        {"synthetic": Task(80, 500, "style_distance")},
        lower=("style_distance", "evaluations_lbfgs"),
    ),
    Lesson(
        "05_colorization",
        "colorization",
        "colour black-and-white pictures",
        {  # steps of the autoencoder
            "synthetic": Task(300, 200_000, "mad_mean", 0.004),
            "landscapes": Task(300, 200_000, "mad_mean", 0.009),
            ANY: Task(100, 200_000, "mad_mean"),
        },
        lower=("mad_min", "mad_mean", "mad_max"),
    ),
    Lesson(
        "06_document_denoising",
        "documents",
        "clean documents until a machine can read them",
        {
            "synthetic": Task(280, 20_000, "rmse", 0.005),
            "noisyoffice": Task(20_000, 60_000, "rmse", 0.005),
        },
        lower=("rmse",),
    ),
    Lesson(
        "07_mask_rcnn",
        "mask_rcnn",
        "cut out each thing with Mask R-CNN",
        {
            "synthetic": Task(220, 100_000, "ap50", 0.44),
            "dsb2018": Task(1200, 100_000, "f1"),
            ANY: Task(2000, 100_000, "ap50"),
        },
    ),
    Lesson(
        "08_stylegan_encoder",
        "psp",
        "encode faces into a StyleGAN with pSp",
        {"synthetic": Task(70, 500_000, "inversion_ssim", 0.03)},  # steps of the encoder
    ),
    Lesson(
        "09_your_own_project",
        "project",
        "start a project of your own",
        {"synthetic": Task(1200, 6000, "psnr", 0.6), ANY: Task(1200, 6000, "psnr")},
    ),
    Lesson(
        "10_flow_matching",
        "flow",
        "let a flow turn noise into many houses for one drawing",
        {"synthetic": Task(300, 500_000, "texture_distance")},
        lower=("texture_distance", "grid_2", "grid_4", "grid_8", "seconds_per_picture", "loss"),
    ),
)


def names() -> list[str]:
    """The names of all lessons, such as "01_unet_segmentation"."""
    return [one.name for one in LESSONS]


def card(wanted: str) -> Lesson:
    """The lesson that "1", "01", its word, its name or a part of its name means.

    Raises ValueError, with the lessons that there are, if none or several fit.
    """
    wanted = str(wanted).strip().lower()
    if wanted.isdigit():
        fits = [one for one in LESSONS if int(one.number) == int(wanted)]
    else:
        fits = [one for one in LESSONS if wanted in (one.name, one.word)]
        fits = fits or [one for one in LESSONS if wanted and wanted in one.name]
    if len(fits) != 1:
        raise ValueError(f"'{wanted}' is not one lesson; choose one of: {', '.join(names())}.")
    return fits[0]


def so_far() -> str:
    """What you do in all of them, as a part of a sentence."""
    *first, last = [one.does for one in LESSONS if one.does]
    return f"so far you {', '.join(first)}, and {last}"
