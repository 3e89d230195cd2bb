"""Many runs of recipes, and how they compare."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import _native
from ._recipe import RecipeLike, as_recipe, toml_value
from ._threads import as_threads
from .data import Dataset


@dataclass(frozen=True)
class Sweep:
    """What `sweep` leaves.

    Attributes
    ----------
    folder : pathlib.Path
        With every run's folder, and the results as sweep.json, sweep.md and report.html.
    results : dict
        The content of sweep.json, which docs/sweeps.md describes.
    """

    folder: Path
    results: dict[str, Any]

    def __str__(self) -> str:
        return (self.folder / "sweep.md").read_text(encoding="utf-8")


def sweep(
    recipes: RecipeLike | Sequence[RecipeLike],
    dataset: Dataset | None = None,
    *,
    folder: str | os.PathLike[str],
    seeds: Iterable[int] = range(20),
    settings: Mapping[str, Sequence[Any]] | None = None,
    threads: int | None = None,
) -> Sweep:
    """Trains recipes with many seeds or settings, as `rung sweep` does, and compares them.

    The same call resumes a sweep that was interrupted, and runs nothing twice. A run that diverges or fails ends
    nothing: `Sweep.results` says which did not finish, and why.

    Parameters
    ----------
    recipes : Recipe, file, name or dict, or a sequence of them
    dataset : rung.data.Dataset, optional
        What all of them train on; by default each recipe's own.
    folder : str or os.PathLike
    seeds : iterable of int
    settings : mapping of str to sequence, optional
        Keys with several values each; every recipe runs with every combination: `{"optimizer.lr": [0.01, 0.02]}`.
    threads : int, optional
        Runs at a time, one thread each; by default one for each core.

    Raises
    ------
    UsageError
        A recipe or a setting is wrong, or the folder holds another sweep.
    """
    several = isinstance(recipes, Sequence) and not isinstance(recipes, str)
    grid = [f"{key}={','.join(map(toml_value, values))}" for key, values in (settings or {}).items()]
    text = _native.sweep(
        [as_recipe(recipe)._native for recipe in (recipes if several else [recipes])],
        grid,
        list(seeds),
        None if dataset is None else dataset._native,
        "",
        folder,
        as_threads(threads),
    )
    return Sweep(Path(folder), json.loads(text))
