"""How numbers and names are written on the page."""

from collections.abc import Iterable, Sequence

# A narrow space between thousands: unlike a comma or a full stop it means the same everywhere.
_THIN = "\u202f"


def count(number: int) -> str:
    """Write a whole number: 42 000."""
    return f"{number:,}".replace(",", _THIN)


def counted(number: int, noun: str) -> str:
    """Write a number of things: 1 row, 42 000 rows."""
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def percent(share: float, digits: int = 1) -> str:
    """Write a share: 97.2 %; a share below 1 is never rounded up to 100 %."""
    if 0.995 <= share < 1:
        return f"{min(100 * share, 99.99):.2f}{_THIN}%"
    return f"{100 * share:.{digits}f}{_THIN}%"


def interval(shares: Sequence[float]) -> str:
    """Write two shares with what lies between them: 97.93–98.70 %."""
    low, high = shares
    return f"{100 * low:.2f}–{100 * high:.2f}{_THIN}%"


def chance(p: float) -> str:
    """Write a p-value: = 0.042, < 0.001."""
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"


def duration(seconds: float) -> str:
    """Write a time: 0.4 s, 12 s, 3 min 20 s, 1 h 5 min."""
    if seconds < 0.05:
        return "under 0.1 s"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def chain(sizes: Iterable[int]) -> str:
    """Write the sizes of layers: 784 – 500 – 500 – 10."""
    return " – ".join(count(size) for size in sizes)


def plain(value: object) -> str:
    """Write a setting as it would be typed: 500,500 for a list, yes and no, a dash for nothing."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def spoken(name: str) -> str:
    """Write an identifier as words: learning rate, dead units."""
    return name.replace("_", " ").replace("-", " ")


def sentence(text: str) -> str:
    """Begin with a capital letter and end with a full stop, if there is anything to say."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("." if text and not text.endswith((".", "!", "?")) else "")
