"""What is shipped, networks and evidence, and whether it is whole: standard library only.

Each folder lists its files with their SHA-256 in SHA256SUMS (`sha256sum -c` reads it, too), so that
a file that is cut off, changed or gone is noticed before anything is read from it.
"""

import hashlib
import re
from pathlib import Path

from . import locks, paths

LIST = "SHA256SUMS"


def problems() -> list[str]:
    """What is missing or damaged among the shipped files: one sentence each, with the way out."""
    found = []
    for folder in (paths.CHECKPOINTS, paths.EVIDENCE):
        try:
            names = _listed(folder)
        except ValueError as error:
            found.append(str(error))
            continue
        for name in names:
            try:
                read(folder / name)
            except ValueError as error:
                found.append(str(error))
    return found


def read(path: Path) -> bytes:
    """The content of a shipped file, which is as it was when it was signed.

    Raises ValueError in one sentence, with the way out, if it is missing or damaged.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ValueError(_sentence(path, "missing")) from None
    except OSError:
        raise ValueError(_sentence(path, "unreadable")) from None
    if hashlib.sha256(content).hexdigest() != _listed(path.parent).get(path.name):
        raise ValueError(_sentence(path, "damaged, or not the one that was shipped"))
    return content


def sign(*files: Path) -> None:
    """Put the SHA-256 of files that were made anew into their folder's list."""
    folder = files[0].parent
    waiting = f"Another process signs in {paths.shown(folder)}: waiting for it."
    with locks.alone(folder / f".{LIST}.lock", waiting, remove=True):
        hashes = _listed(folder) if (folder / LIST).exists() else {}
        hashes |= {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
        lines = [f"{digest}  {name}\n" for name, digest in sorted(hashes.items())]
        paths.write_atomically(folder / LIST, "".join(lines))


def _listed(folder: Path) -> dict[str, str]:
    """{name of a file: its SHA-256} from a folder's list."""
    path = folder / LIST
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise ValueError(_sentence(path, "missing")) from None
    except (OSError, UnicodeDecodeError):
        raise ValueError(_sentence(path, "damaged")) from None
    found = [re.fullmatch(r"([0-9a-f]{64})  (\S+)", line) for line in lines]
    if not found or None in found:
        raise ValueError(_sentence(path, "damaged"))
    return {match[2]: match[1] for match in found}


def _sentence(path: Path, what: str) -> str:
    kind = "evidence" if path.parent == paths.EVIDENCE else "checkpoints"
    lesson = re.split(r"[_.]", path.name)[0]
    anew = f"make it anew with `make {kind} LESSON={lesson}`"
    anew = "download the course again" if path.name == LIST else anew
    place = f"data/{kind}/{path.name}"
    return f"{place} is {what}: in a clone `git checkout -- {place}` brings it back, else {anew}."
