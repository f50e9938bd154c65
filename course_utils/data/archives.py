"""Archives of strangers, zip or tar: their lists are checked whole before anything is unpacked.

Nothing is left to the archive modules' own care, which differs from Python to Python: one list, one
check, one loop that writes plain files.
"""

import contextlib
import errno
import lzma
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PureWindowsPath
from typing import NamedTuple

from tqdm import tqdm

from . import readers

RATIO, FLOOR = 50, 64e6  # pictures hardly shrink: more bytes than RATIO × the archive's are a bomb
BLOCK = 4096  # bytes that the smallest file takes
CHUNK = 1 << 20
BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,  # a way of packing that zipfile doesn't know
    RuntimeError,  # a password
    UnicodeError,
)


class Member(NamedTuple):
    """What an archive lists: a name, bytes, "file", "folder" or what else it is, and how to read it."""

    name: str
    size: int
    kind: str
    open: Callable


def is_packed(path: Path) -> bool:
    """Whether a file's name is an archive's."""
    return path.name.lower().endswith((".zip", ".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz"))


def unpack(path: Path, folder: Path) -> None:
    """Unpack an archive into a folder; what is no archive is copied there.

    Raises `Fault` for one that is damaged, that would write outside the folder or fill the disk, or
    that holds links or devices; OSError for a full disk.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not is_packed(path):
        room(folder, path.stat().st_size)
        shutil.copyfile(path, folder / path.name)
        return
    try:
        _unpack(path, folder)
    except _Hostile as error:
        raise Fault(f"{path.name} {error}") from error
    except (*BROKEN, OSError) as error:
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise  # the disk's; those of a damaged archive have no number
        raise Fault(f"{path.name} is damaged or cut off ({error})") from error


def _unpack(path, folder) -> None:
    limit = max(FLOOR, RATIO * path.stat().st_size)
    label = {"unit": "B", "unit_scale": True, "desc": "unpacking", "disable": None}
    with _opened(path) as members:
        plan = checked(members, limit)
        room(folder, sum(max(BLOCK, member.size) for _, member in plan))
        with tqdm(total=sum(member.size for _, member in plan), **label) as bar:
            for name, member in plan:
                _write(folder / name, member, bar)


def checked(members, limit: float) -> list[tuple[Path, Member]]:
    """Where each file of an archive's list goes, relative to the folder that it is unpacked into.

    Folders and an operating system's own files are left out. limit: bytes, all files together; the
    list isn't read on beyond it.
    """
    plan, total = {}, 0
    for member in members:
        name = PureWindowsPath(member.name)  # / and \ both part, on every system
        if name.anchor or ".." in name.parts or any(c < " " or c == ":" for c in member.name):
            raise _Hostile(f"would write outside its folder ({member.name!r})")
        if member.kind not in ("file", "folder"):
            raise _Hostile(f"holds {member.kind} ({member.name!r}), where only files belong")
        total += max(BLOCK, member.size)
        if total > limit:
            raise _Hostile(f"would unpack to more than {limit / 1e6:.0f} MB, too much for its size")
        odd = any(p.lower() in readers.SYSTEM or p.startswith("._") for p in name.parts)
        if member.kind == "file" and name.parts and not odd:
            plan[Path(*name.parts)] = member
    for path in plan:
        for outer in path.parents:
            if outer in plan:
                raise _Hostile(f"holds {outer.as_posix()!r} as a file and as a folder")
    return list(plan.items())


def room(folder: Path, needed: float) -> None:
    """Raise OSError, with both numbers, if so many bytes aren't free where a folder lies."""
    free = shutil.disk_usage(folder).free
    if needed > free:
        said = f"{needed / 1e6:.0f} MB are needed and {free / 1e6:.0f} MB free"
        raise OSError(errno.ENOSPC, said, str(folder))


class Fault(Exception):
    """An archive that can't be used: file and fault, as a sentence without its end."""


class _Hostile(Exception):
    """What is wrong with an archive's list; the sentence lacks its subject."""


@contextlib.contextmanager
def _opened(path):
    """The members of an archive, one after the other as they are read."""
    if path.name.lower().endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            yield (_of_zip(archive, info) for info in archive.infolist())
    else:
        with tarfile.open(path) as archive:
            yield _tar_members(archive)


def _of_zip(archive, info) -> Member:
    mode = stat.S_IFMT(info.external_attr >> 16)
    kind = "a link" if mode == stat.S_IFLNK else "a device"
    if mode in (0, stat.S_IFREG, stat.S_IFDIR):
        kind = "folder" if info.is_dir() else "file"
    return Member(info.filename, info.file_size, kind, lambda: archive.open(info))


def _tar_members(archive):
    yield from (_of_tar(archive, info) for info in archive)
    while archive.fileobj.read(CHUNK):  # to the end, where what is packed has its check sum
        pass


def _of_tar(archive, info) -> Member:
    kind = "a link" if info.issym() or info.islnk() else "a device"
    if info.isreg() or info.isdir():
        kind = "folder" if info.isdir() else "file"
    return Member(info.name, info.size, kind, lambda: archive.extractfile(info))


def _write(target, member, bar) -> None:
    """Write a member's bytes, which must be as many as the list says."""
    target.parent.mkdir(parents=True, exist_ok=True)
    left = member.size
    with member.open() as source, target.open("wb") as file:
        while chunk := source.read(CHUNK):
            left -= len(chunk)
            if left < 0:
                break
            file.write(chunk)
            bar.update(len(chunk))
    if left:
        raise _Hostile(f"has another size of {member.name!r} in its list than in fact")
