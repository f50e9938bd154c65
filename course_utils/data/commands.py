"""`course data list | fetch | verify | where | build`."""

import argparse
import sys
import textwrap

from .. import paths
from . import catalog

ROW = "{:1} {:<23}{:<25}{:>8}{:>8}  {:<6} {}"
DETAILS = (
    ("pictures", "pictures"),
    ("licence", "licence"),
    ("sharing", "sharing"),
    ("cite", "cite"),
    ("page", "page"),
    ("by hand", "by_hand"),
    ("a lesson", "use"),
)
WRAPPED = textwrap.TextWrapper(79, "  ", " " * 15, break_long_words=False, break_on_hyphens=False)


def main(options) -> int:
    """Run one of the commands; returns the exit status. Raises ValueError in one sentence."""
    if options[:1] == ("build",):
        from . import build

        return build.main(options)
    parser = argparse.ArgumentParser(prog="course data", description="Real data sets.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        one = commands.add_parser(name, help=command.__doc__, description=command.__doc__)
        one.add_argument("name", nargs=None if name == "fetch" else "?", metavar="NAME")
        one.set_defaults(command=command)
    commands.add_parser("build", help="make a set of your own out of videos and folders")
    chosen = parser.parse_args(options)
    return chosen.command(chosen.name and catalog.find(chosen.name))


def list_(dataset) -> int:
    """list the sets, or say all that is known of one"""
    if dataset:
        _describe(dataset)
        return 0
    print(ROW.format("", "name", "what", "pictures", "size", "lesson", "share"))
    for one in catalog.DATASETS:
        pictures, there = one.pictures.split(" ")[0], "✓" if one.is_there() else ""
        lessons, share = " ".join(one.lessons), "yes" if one.sharing == catalog.FREE else "no"
        print(ROW.format(there, one.name, one.what, pictures, _size(one), lessons, share))
    print(
        "\n✓: it is there. share: it may be shown and shared. ?: not known.\nThe folder is "
        f"{paths.shown(paths.data_dir())} (COURSE_DATA).\n`course data list NAME` tells more, "
        "`course data fetch NAME` fetches it."
    )
    return 0


def fetch(dataset) -> int:
    """fetch a set, unless it is there"""
    from . import download

    print(f"Licence of {dataset.name}: {dataset.licence}; {dataset.sharing}.", flush=True)
    print(f"{dataset.name} is there: {paths.shown(download.fetch(dataset))}")
    if dataset.use:
        print(f"A lesson ({', '.join(dataset.lessons)}) reads it with {dataset.use}.")
    return 0


def verify(dataset) -> int:
    """compare a set, or all that are there, with what was fetched, and look at its pictures"""
    sets = [dataset] if dataset else [one for one in catalog.DATASETS if one.is_there()]
    return max([_verified(one) for one in sets], default=0)


def where(dataset) -> int:
    """print the folder of a set that is there, or of all sets"""
    if dataset:
        _is_there(dataset)
    print(dataset.home if dataset else paths.data_dir())
    return 0


def _verified(dataset) -> int:
    """Say how a set is; 1 if something of it is missing, changed or can't be read, else 0."""
    from . import checks, download

    _is_there(dataset)
    if dataset.wheel:
        print(f"{dataset.name}: whole.")
        return 0
    faults, looks = download.changes(dataset), []
    if not faults:
        noted = download.record(dataset)
        print(f"{dataset.name}: {'as it was fetched' if noted else 'not fetched by this command'}.")
        if dataset.pictures:
            looks, faults = checks.look(dataset.home, dataset.holds)
    for said in checks.findings(looks) if looks else ():
        print(f"  {said}")
    if faults:
        print(
            f"{dataset.name}: {checks.listed(faults)}; delete {paths.shown(dataset.home)} and run "
            f"`course data fetch {dataset.name}`.",
            file=sys.stderr,
        )
    return 1 if faults else 0


def _is_there(dataset) -> None:
    if not dataset.is_there():
        raise ValueError(
            f"{dataset.name} isn't in {paths.shown(paths.data_dir())}: run `course data fetch "
            f"{dataset.name}`."
        )


def _describe(dataset) -> None:
    print(f"{dataset.name}: {dataset.what} ({_size(dataset)})")
    facts = [(title, getattr(dataset, field)) for title, field in DETAILS]
    facts.append(("layout", paths.shown(dataset.home / dataset.holds)))
    for file, addresses, hash_, _ in dataset.archives:
        known = hash_ or "its hash is noted when it is first fetched"
        facts.append(("archive", " ".join([file, *addresses, f"({known})"])))
    for title, text in facts:
        if text:
            print(WRAPPED.fill(f"{title + ':':<12} {text}"))


def _size(dataset) -> str:
    size = dataset.size
    if size is None:
        return "?"
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


COMMANDS = {"list": list_, "fetch": fetch, "verify": verify, "where": where}
