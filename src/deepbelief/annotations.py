"""Dictionaries without a class of their own, as annotations name them."""

from collections.abc import Mapping
from typing import Any

JsonObject = dict[str, Any]  # names with what JSON can hold: text, numbers, true, false, null, lists and objects
Settings = Mapping[str, Any]  # values of settings by their names
