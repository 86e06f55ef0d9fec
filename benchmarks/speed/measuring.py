"""Timing side by side: contenders take turns, so that what disturbs the machine disturbs them all."""

import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence

Timing = Callable[[], float]  # does its work once and returns seconds, for one row where rows are counted

PAUSE = 0.12  # seconds in which idle threads of the library that was timed last fall asleep: OpenBLAS's take 0.1


def interleaved(contenders: Mapping[str, Timing], repeats: int) -> dict[str, list[float]]:
    """Return the times of all contenders, after one round that is thrown away: caches, compilers, first epochs."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for repeat in range(repeats + 1):
        names = list(contenders) if repeat % 2 else list(reversed(contenders))  # nobody always follows the same one
        for name in names:
            time.sleep(PAUSE)
            seconds = contenders[name]()
            if repeat:
                times[name].append(seconds)
    return times


def stopwatch(work: Callable[[], object], rows: int = 1) -> Timing:
    """Return a timing of `work`, divided by its rows."""

    def timing() -> float:
        begin = time.perf_counter()
        work()
        return (time.perf_counter() - begin) / rows

    return timing


def processor_time(work: Callable[[int], object], n_times: int) -> Timing:
    """Return a timing of `work`, done so many times, which counts the processor's time: other programs do not add."""

    def timing() -> float:
        begin = time.process_time()
        work(n_times)
        return (time.process_time() - begin) / n_times

    return timing


def without_loops(work: Callable[[int], object]) -> Callable[[int], None]:
    """Return what does the same where deepbelief was installed without a compiler."""
    from deepbelief.core import native

    def work_without(n_times: int) -> None:
        loops, native.module = native.module, None
        try:
            work(n_times)
        finally:
            native.module = loops

    return work_without


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return median, quartiles, extremes and count."""
    lower, median, upper = statistics.quantiles(values, n=4, method="inclusive")
    return {
        "median": median,
        "quartile_1": lower,
        "quartile_3": upper,
        "min": min(values),
        "max": max(values),
        "repeats": len(values),
    }


def ratios(numerators: Sequence[float], denominators: Sequence[float]) -> dict[str, float]:
    """Return the spread of the ratios of two contenders' times, each pair measured in the same round."""
    return spread([a / b for a, b in zip(numerators, denominators, strict=True)])


class Progress:
    """A line on stderr for each step that is done, with the time that the rest will take if it goes on like this."""

    def __init__(self, name: str, total: int) -> None:
        self.name, self.total, self.done = name, total, 0
        self.begin = time.perf_counter()

    def step(self, what: str) -> None:
        self.done += 1
        left = (time.perf_counter() - self.begin) / self.done * (self.total - self.done)
        minutes, seconds = divmod(round(left), 60)
        print(f"[{self.name} {self.done}/{self.total}] {what}; {minutes}:{seconds:02d} left", file=sys.stderr)
