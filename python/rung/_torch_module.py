"""The PyTorch module that `Model.to_torch` makes. It leaves out how a recipe becomes one: see _torch_layers.py.

Shapes: N images; C channels, H × W of an image or an activation. A list of C features is C × 1 × 1, as in Rung.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn


class Add(nn.Module):
    """A residual connection: the sum of its input and the output of an earlier layer of its `RungModule`.

    `source` is a recipe's `from`: that layer's position, or counted back from this one if it is negative.
    """

    def __init__(self, source: int):
        super().__init__()
        self.source = source

    def added_from(self, position: int) -> int:
        """The position of the layer whose output is added if this one has the given `position`."""
        return position + self.source if self.source < 0 else self.source

    def forward(self, x: Tensor, earlier: Tensor) -> Tensor:
        return x + earlier

    def extra_repr(self) -> str:
        return f"from={self.source}"


class RungModule(nn.Sequential):
    """A `torch.nn.Sequential` with residual connections, which always works on N×C×H×W and returns N × classes.

    A slice of it is a plain `torch.nn.Sequential`.

    Attributes
    ----------
    input_shape : (C, H, W)
    mean, std : Tensor
        [C,1,1], or [1,1,1] if it is the same for all channels. They follow the module's type and device; its
        `state_dict()` does not hold them.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        *layers: nn.Module,
        input_shape: Sequence[int],
        mean: float | Sequence[float],
        std: float | Sequence[float],
    ):
        super().__init__(*layers)
        self.input_shape = tuple(input_shape)
        for name, values in ("mean", mean), ("std", std):
            self.register_buffer(name, torch.tensor(values).float().reshape(-1, 1, 1), persistent=False)

    def __getitem__(self, index: int | slice) -> nn.Module:
        if isinstance(index, slice):
            return nn.Sequential(OrderedDict(list(self._modules.items())[index]))
        return super().__getitem__(index)

    def preprocess(self, images: np.ndarray | Tensor) -> Tensor:
        """Normalise images: (pixel / 255 - mean) / std.

        Parameters
        ----------
        images : array or tensor of uint8
            N × height × width, or N × height × width × channels.

        Returns
        -------
        Tensor
            N × channels × height × width, of the module's type and on its device.

        Raises
        ------
        TypeError
            The images are not uint8.
        ValueError
            They have another shape than the model's.
        """
        pixels = images if isinstance(images, Tensor) else torch.from_numpy(np.array(images, order="C"))
        if pixels.dtype != torch.uint8:
            raise TypeError(f"images must be uint8, from 0 to 255, not {pixels.dtype}")
        channels, height, width = self.input_shape
        colours = pixels[..., None] if pixels.dim() == 3 else pixels
        if colours.dim() != 4 or colours.shape[1:] != (height, width, channels):
            wanted = f"N×{height}×{width}" + (f"×{channels}" if channels > 1 else "")
            raise ValueError(f"images must be {wanted}, not {'×'.join(map(str, pixels.shape))}")
        return (colours.permute(0, 3, 1, 2).to(self.mean) / 255 - self.mean) / self.std

    def forward(self, x: Tensor) -> Tensor:
        added = {layer.added_from(position) for position, layer in enumerate(self) if isinstance(layer, Add)}
        earlier = {}
        for position, layer in enumerate(self):
            x = output_of(layer, position, x, earlier)
            if position in added:
                earlier[position] = x
        return x.flatten(1)


def output_of(layer: nn.Module, position: int, x: Tensor, earlier: Mapping[int, Tensor]) -> Tensor:
    """The output of the layer at `position`, N×C×H×W like its input `x`. `earlier` holds the outputs to be added."""
    if isinstance(layer, Add):
        return layer(x, earlier[layer.added_from(position)])
    if isinstance(layer, (nn.Flatten, nn.Linear)):
        return layer(x.flatten(1))[:, :, None, None]
    return layer(x)
