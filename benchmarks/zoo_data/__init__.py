"""The data of the zoo: kinds of data that people have, made from a seed or shipped with scikit-learn.

Nothing is downloaded. `zoo()` returns the sets by name; MNIST's are among them if its folder is given.
"""

from zoo_data import counts, images, later, problems, signals, tables
from zoo_data.mnist import mnist_sets
from zoo_data.registry import DataSet

__all__ = ["DataSet", "zoo"]


def zoo(mnist: str | None = None) -> dict[str, DataSet]:
    """Return all sets by name.

    Parameters
    ----------
    mnist : str, optional
        Folder with MNIST's IDX files; without it MNIST's sets are left out.
    """
    sets = [s for module in (tables, problems, counts, signals, images, later) for s in module.ROOM.sets]
    return {s.name: s for s in sets + (mnist_sets(mnist) if mnist else [])}
