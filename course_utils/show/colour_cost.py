"""Lesson 05: what a network that colours pays in error for the colourfulness of objects."""

import matplotlib.pyplot as plt

MARKS = {"autoencoder": "s", "d0": "o", "d4": "^", "d8": "D", "rgb": "P", "40 pictures": "X"}
HOLLOW = {"fillstyle": "none", "markeredgewidth": 2.5, "markersize": 12}


def colour_cost(rows, path, titles):
    """A figure, one part for each data set: `mad_mean` across, `objects` upwards, 1 is the truth's.

    rows: {network: {data set: metrics}}; a network's mark is that of the first of MARKS that stands
    in its name, else an autoencoder's. path: names of networks to join by a dashed line.
    titles: {data set: title}.
    """
    figure, axes = plt.subplots(1, len(titles), figsize=(12.5, 5.2), squeeze=False)
    sorts = {name: next((sort for sort in MARKS if sort in name), "autoencoder") for name in rows}
    for axis, (dataset, title) in zip(axes[0], titles.items(), strict=True):
        at = {
            name: (row[dataset]["mad_mean"], row[dataset]["objects"]) for name, row in rows.items()
        }
        for sort, mark in MARKS.items():
            if places := [at[name] for name in rows if sorts[name] == sort]:
                axis.plot(*zip(*places, strict=True), mark, label=sort, **HOLLOW)
        axis.plot(*zip(*map(at.get, path), strict=True), "k--", label="more adversarial")
        axis.axhline(1, color="black", linewidth=1, label="the truth's")
        axis.set(title=title, xlabel="error: mad_mean", ylabel="colourfulness: objects", ylim=0)
    axes[0, -1].legend(frameon=False, ncols=2, loc="upper left", bbox_to_anchor=(0, 0.94))
    return figure
