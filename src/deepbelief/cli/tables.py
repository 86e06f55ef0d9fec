"""Tables as text: cells right-aligned, in columns as wide as they need."""

MATRIX_CAPTION = "Confusion matrix: one row for each true class, one column for each predicted class"


def matrix_lines(classes: list[object], rows: list[list[int]]) -> list[str]:
    """Return a confusion matrix as lines, in columns of equal width."""
    cells = [["", *map(str, classes)], *([str(name), *map(str, row)] for name, row in zip(classes, rows, strict=True))]
    width = max(len(cell) for row in cells for cell in row)
    return ["  ".join(f"{cell:>{width}}" for cell in row) for row in cells]


def table_lines(rows: list[list[str]]) -> list[str]:
    """Return rows of cells as lines; the first column is aligned to the left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            f"{cell:<{width}}" if place == 0 else f"{cell:>{width}}"
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
