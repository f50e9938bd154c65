"""Numbers as a table of text."""


def tell(table: dict) -> None:
    """Print {row: {column: number}} with the columns of the first row, to three digits."""
    width = max(map(len, table))
    keys = list(next(iter(table.values())))
    sizes = [max(7, len(key)) for key in keys]
    print(" " * width, *(f"{key:>{size}}" for key, size in zip(keys, sizes, strict=True)))
    for name, numbers in table.items():
        cells = (f"{numbers[key]:{size}.3f}" for key, size in zip(keys, sizes, strict=True))
        print(f"{name:<{width}}", *cells)
