"""The recipe of `Classifier(model="auto")`: a network for the shape of the data, under a number of parameters."""

from __future__ import annotations

from . import _native
from ._errors import UsageError
from ._recipe import Recipe

_LEAST_SIDE = 4  # of an image whose neighbouring pixels a 3 x 3 convolution can tell apart
_MOST_HIDDEN = 64
_STEPS = 2000  # of a perceptron's training


def auto_recipe(dataset: _native.Dataset, shape: tuple[int, int, int], max_params: int) -> Recipe:
    """A convolutional network, as `rung new` writes it; for images too small for one, a perceptron.

    Raises
    ------
    UsageError
        No network of so few parameters could learn anything.
    """
    if min(shape[1:]) >= _LEAST_SIDE:
        return Recipe.parse(_native.first_recipe(dataset, "A network for these images", max_params), "auto.toml")
    return _perceptron(dataset, shape, max_params)


def _perceptron(dataset: _native.Dataset, shape: tuple[int, int, int], max_params: int) -> Recipe:
    inputs = shape[0] * shape[1] * shape[2]
    classes = dataset.classes
    hidden = min(_MOST_HIDDEN, (max_params - classes) // (inputs + 1 + classes))
    if hidden < 1:
        raise UsageError(f"{max_params} parameters are too few for {inputs} numbers and {classes} classes")
    batch_size = min(32, dataset.train_count)
    batches = -(-dataset.train_count // batch_size)
    return Recipe.from_dict(
        {
            "title": "A perceptron for these numbers",
            "model": {
                "input": list(shape),
                "classes": classes,
                "layers": [
                    {"type": "flatten"},
                    {"type": "linear", "out_features": hidden},
                    {"type": "relu"},
                    {"type": "linear", "out_features": classes},
                ],
            },
            "training": {"epochs": max(4, -(-_STEPS // batches)), "batch_size": batch_size},
            "optimizer": {"type": "adam", "lr": 0.01},
            "lr_scheduler": {"type": "cosine_annealing_lr"},
        },
        "auto.toml",
    )
