"""The memory that control groups leave to a process: what Docker, Kubernetes and systemd grant it on Linux."""

from pathlib import Path, PurePosixPath

# Of each version: where its groups lie; the files with the limit and the use; what a part of the use, which the kernel
# gives up when it must, is called in memory.stat.
_SECOND = "", "memory.max", "memory.current", "inactive_file"
_FIRST = "memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"


def granted_memory(groups: Path = Path("/proc/self/cgroup"), mounted: Path = Path("/sys/fs/cgroup")) -> int | None:
    """Return how many more bytes this process may take; None where no group limits it.

    Parameters
    ----------
    groups : Path
        The file that lists the groups of this process.
    mounted : Path
        The folder of all groups.

    Returns
    -------
    int or None
        In bytes.
    """
    try:
        lines = groups.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return None
    left = []
    for _, controllers, group in (line.split(":", 2) for line in lines if line.count(":") >= 2):
        if controllers and "memory" not in controllers.split(","):
            continue
        folder, *names = _FIRST if controllers else _SECOND
        # The limits of the groups around it hold too; in a container, its own group may be the outermost one it sees.
        for place in (PurePosixPath(group), *PurePosixPath(group).parents):
            left.append(_left(mounted / folder / place.relative_to("/"), *names))
    return min((n_bytes for n_bytes in left if n_bytes is not None), default=None)


def _left(group: Path, limit: str, use: str, caches: str) -> int | None:
    try:
        granted, used = (int((group / name).read_text()) for name in (limit, use))
        stat = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        return max(granted - used + int(stat.get(caches, 0)), 0)
    except (OSError, ValueError):  # there is no such group here, or its limit is "max"
        return None
