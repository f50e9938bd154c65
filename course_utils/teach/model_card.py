"""What a network is for, what it was measured on and where it fails: one page of Markdown.

Source: Mitchell et al. (2019), "Model cards for model reporting".
"""

from .. import paths

PARTS = (
    "What it is for",
    "Data",
    "Training",
    "What it was measured by",
    "Where it fails",
    "Limits",
)


def model_card(name: str, told: dict[str, str], measured: dict[str, dict[str, float]]) -> str:
    """Write work/<name>.md and return its text.

    told: {part: text} for each of `PARTS`. measured: {row: {column: number}} with the columns of
    the first row, baselines among the rows. Raises ValueError where a part is missing or unknown, or
    where there is nothing beside the network to compare it with.
    """
    if set(told) != set(PARTS):
        raise ValueError(f"A model card has the parts {', '.join(PARTS)}; not {', '.join(told)}.")
    if len(measured) < 2:
        raise ValueError("A number alone says nothing: give a baseline's row, too.")
    columns = list(next(iter(measured.values())))
    rows = [["", *columns], ["---"] * (len(columns) + 1)]
    rows += [[row, *(f"{each[key]:.3g}" for key in columns)] for row, each in measured.items()]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    texts = [f"**{part}.** {told[part]}" for part in PARTS]
    texts.insert(PARTS.index("Where it fails"), table)
    text = "\n\n".join([f"# {name}", *texts]) + "\n"
    path = paths.WORK / f"{name}.md"
    try:
        paths.write_atomically(path, text)
        print(f"Kept as {paths.shown(path)}")
    except OSError as error:
        print(f"Not kept: {paths.trouble(error)}")
    return text
