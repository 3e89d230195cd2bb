"""Recipes: an experiment as a TOML file, a dictionary, or a name of Rung's own."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib.resources import as_file, files
from typing import Any

import tomli_w

from . import _native
from ._errors import UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ARRAYS = "./arrays"  # what a dataset without a name is called; a slash distinguishes it from Rung's own
_FOLDERS = ("ladder", "beyond")


class Recipe:
    """An experiment: its data, model and training, every value checked. It never changes.

    docs/recipes.md describes the keys. Every way to make one raises `UsageError` (a `ValueError`), with file, line and
    column, for what is wrong: an unknown key, a value out of its range, a layer that does not fit its input.
    """

    def __init__(self, native: _native.Recipe) -> None:
        self._native = native

    @classmethod
    def load(cls, path_or_name: str | os.PathLike[str]) -> Recipe:
        """A recipe from a file, or one of Rung's own by its name.

        Parameters
        ----------
        path_or_name : str or os.PathLike
            A TOML file, or one of `rung.recipe_names()`, such as "step5".
        """
        if os.path.isfile(path_or_name):
            return cls(_native.Recipe.load(path_or_name))
        name = os.fspath(path_or_name)
        for folder in _FOLDERS:
            recipe = files(__package__) / "recipes" / folder / f"{name}.toml"
            if recipe.is_file():
                with as_file(recipe) as path:
                    return cls(_native.Recipe.load(path))
        raise UsageError(f"there is no recipe {name}: give a file, or one of {', '.join(recipe_names())}")

    @classmethod
    def parse(cls, toml: str, source: str = "recipe.toml") -> Recipe:
        """A recipe from TOML text. `source` is what messages call the text; its stem is the recipe's default name."""
        return cls(_native.Recipe.parse(toml, source))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], source: str = "recipe.toml") -> Recipe:
        """A recipe from nested dictionaries and lists, with the keys of the TOML file.

        Without `dataset` it is for arrays of one's own, whose mean and standard deviation are measured. (A TOML file
        without it is for MNIST.)
        """
        return cls.parse(tomli_w.dumps({"dataset": {"name": ARRAYS}, **values}), source)

    def to_toml(self) -> str:
        """The recipe as resolved: stages expanded, every default written. `parse()` of it gives the same recipe."""
        return self._native.to_toml()

    def to_dict(self) -> dict[str, Any]:
        """The same as nested dictionaries."""
        return tomllib.loads(self.to_toml())

    def with_settings(self, settings: Mapping[str, Any]) -> Recipe:
        """The recipe with other values for some keys, checked like any recipe.

        Parameters
        ----------
        settings : mapping
            Keys as `rung train --set` has them, with plain values: `{"optimizer.lr": 0.02, "model.layers[2].p": 0.1}`.
        """
        return Recipe(self._native.with_settings([(key, toml_value(value)) for key, value in settings.items()]))

    def with_seed(self, seed: int) -> Recipe:
        """The recipe with another seed, from 0 to 2^63 - 1."""
        return Recipe(self._native.with_seed(seed))

    def with_epochs(self, epochs: int) -> Recipe:
        """The recipe with another number of epochs."""
        return self.with_settings({"training.epochs": epochs})

    @property
    def name(self) -> str:
        return self._native.name

    @property
    def title(self) -> str:
        return self._native.title

    @property
    def seed(self) -> int:
        return self._native.seed

    @property
    def epochs(self) -> int:
        return self._native.epochs

    @property
    def classes(self) -> int:
        return self._native.classes

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        return self._native.input_shape

    @property
    def params(self) -> int:
        """Trainable parameters."""
        return self._native.params

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one image's forward pass."""
        return self._native.macs

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Recipe) and self._native == other._native

    def __hash__(self) -> int:
        return hash(self.to_toml())

    def __reduce__(self) -> tuple[Any, ...]:
        return Recipe.parse, (self.to_toml(), f"{self.name}.toml")

    def __repr__(self) -> str:
        return f"<rung.Recipe {self.name!r}: {self.params:,} parameters, {self.epochs} epochs>"


RecipeLike = Recipe | str | os.PathLike[str] | Mapping[str, Any]


def as_recipe(recipe: RecipeLike) -> Recipe:
    """A recipe from whatever may stand for one: itself, a file, a name of Rung's own, or a dictionary."""
    if isinstance(recipe, Recipe):
        return recipe
    if isinstance(recipe, Mapping):
        return Recipe.from_dict(recipe)
    if isinstance(recipe, str | os.PathLike):
        return Recipe.load(recipe)
    raise TypeError(f"expected a rung.Recipe, a file, a name or a dictionary, found {type(recipe).__name__}")


def toml_value(value: Any) -> str:
    """The value as TOML writes it. (None stands for no value in most of Rung's options, but not in TOML.)"""
    if value is None:
        raise UsageError("None is not a value of a recipe's key: leave the key out")
    return tomli_w.dumps({"value": value}).partition("=")[2].strip()


def recipe_names() -> list[str]:
    """The names of Rung's own recipes: the ladder's steps, and those beyond it."""
    folders = (files(__package__) / "recipes" / folder for folder in _FOLDERS)
    return sorted(
        entry.name.removesuffix(".toml")
        for folder in folders
        if folder.is_dir()
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    )
