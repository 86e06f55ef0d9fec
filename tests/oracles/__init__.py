"""Brute force: slow, obvious and written without the formulas of the package, to hold against it."""
