"""Models to PyTorch and from PyTorch. Importing this file does not import PyTorch; calling its functions does."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

    from rung import Model
    from rung._torch_module import RungModule


def to_torch(model: Model) -> RungModule:
    """Make a PyTorch module that computes what the model computes.

    The module is a `torch.nn.Sequential` of PyTorch's own layers, and can also add residual connections. It is in
    evaluation mode, on the CPU, in float32, and shares no memory with the model. PyTorch's random numbers are left
    as they were.

    Parameters
    ----------
    model : rung.Model

    Returns
    -------
    torch.nn.Module
        It takes normalised images, a float tensor N × channels × height × width, and returns the logits, N × classes.
        Its method `preprocess` makes such a tensor of uint8 images. The names in its `state_dict()` are those of
        `model.state_dict()`, and PyTorch's `num_batches_tracked`.

    Raises
    ------
    ModuleNotFoundError
        PyTorch is not installed.

    Notes
    -----
    The logits differ from the model's by rounding alone: the two add up their products in different orders.

    PyTorch refuses one input that Rung takes: a single image, in a `group_norm` whose groups have one value each.

    See Also
    --------
    from_torch : the way back.
    torch.nn.Sequential : https://pytorch.org/docs/stable/generated/torch.nn.Sequential.html

    Examples
    --------
    >>> module = model.to_torch()
    >>> logits = module(module.preprocess(images))
    """
    return _layers().to_torch(model)


def from_torch(
    module: nn.Module,
    input_shape: Sequence[int] | None = None,
    *,
    mean: float | Sequence[float] | None = None,
    std: float | Sequence[float] | None = None,
    classes: int | None = None,
    title: str = "From PyTorch",
) -> Model:
    """Make a model of a PyTorch module, with its weights.

    Parameters
    ----------
    module : torch.nn.Module
        A `torch.nn.Sequential` of layers that Rung has, a module that `to_torch` made, or one such layer. Sequentials
        may be nested, and `torch.nn.Identity` is left out. The logits may end in N × classes × 1 × 1. The module
        stays as it is, and shares no memory with the model.
    input_shape : (channels, height, width)
        Of the images. A module that `to_torch` made has its own.
    mean, std : number, or one for each channel
        Of the normalisation (pixel / 255 - mean) / std that the module was trained with. The default is 0 and 1; a
        module that `to_torch` made has its own.
    classes : int, optional
        How many logits there are. By default as many as the last convolution or linear layer has outputs.
    title : str
        Of the recipe.

    Returns
    -------
    rung.Model
        Weights are rounded to float32. The recipe names no real dataset, and its training is a placeholder.

    Raises
    ------
    UnsupportedModule
        Rung cannot express the module. The message names the part at fault by its dotted path and type.
    ValueError
        The recipe is impossible for another reason, such as the wrong number of classes.
    TypeError
        `module` is not a `torch.nn.Module`, or `input_shape` is missing.
    ModuleNotFoundError
        PyTorch is not installed.

    Notes
    -----
    `torch.nn.BatchNorm1d` becomes a `batch_norm2d`, which is the same on a list of features. `padding="same"` becomes
    numbers, if it pads both sides alike. `inplace` makes no difference. Before 2.0 PyTorch does not keep PReLU's
    `init`, which then gets Rung's default.

    See Also
    --------
    to_torch : the way back.
    torch.nn : https://pytorch.org/docs/stable/nn.html

    Examples
    --------
    >>> model = rung.from_torch(module, (1, 28, 28), mean=0.1307, std=0.3081)
    >>> classes = model.predict(images)
    """
    return _layers().from_torch(module, input_shape, mean=mean, std=std, classes=classes, title=title)


def _layers() -> ModuleType:
    """The file that does the work, which imports PyTorch."""
    try:
        from rung import _torch_layers
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        message = "Model.to_torch and rung.from_torch need PyTorch, which is not installed; run `pip install torch`"
        raise ModuleNotFoundError(message, name="torch") from error
    return _torch_layers
