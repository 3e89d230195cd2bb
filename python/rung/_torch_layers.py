"""Which PyTorch module each layer of a recipe is, and the two ways between them.

A new layer of Rung is a new row of `_LAYERS`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

import rung
from rung._errors import UnsupportedModule
from rung._torch_module import Add, RungModule, output_of


@dataclass(frozen=True)
class _Layer:
    type: str  # in a recipe
    module: type[nn.Module]
    options: tuple[str, ...] = ()  # the same names, meanings and defaults on both sides
    inputs: str = ""  # PyTorch's name for the number of input channels, which a recipe does not give
    fixed: Mapping[str, Any] = field(default_factory=dict)  # PyTorch's other options, with the only value in Rung


_CONVOLUTION = ("out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "bias")
_WINDOW = ("kernel_size", "stride", "padding", "ceil_mode")

_LAYERS = (
    _Layer("conv2d", nn.Conv2d, _CONVOLUTION, "in_channels", {"padding_mode": "zeros"}),
    _Layer(
        "batch_norm2d",
        nn.BatchNorm2d,
        ("eps", "momentum"),
        "num_features",
        {"affine": True, "track_running_stats": True},
    ),
    _Layer("group_norm", nn.GroupNorm, ("num_groups", "eps", "affine"), "num_channels"),
    _Layer("dropout", nn.Dropout, ("p",)),
    _Layer("dropout2d", nn.Dropout2d, ("p",)),
    _Layer("relu", nn.ReLU),
    _Layer("leaky_relu", nn.LeakyReLU, ("negative_slope",)),
    _Layer("prelu", nn.PReLU, ("num_parameters", "init")),
    _Layer("silu", nn.SiLU),
    _Layer("gelu", nn.GELU, ("approximate",)),
    _Layer("mish", nn.Mish),
    _Layer("relu6", nn.ReLU6),
    _Layer("hardswish", nn.Hardswish),
    _Layer("sigmoid", nn.Sigmoid),
    _Layer("tanh", nn.Tanh),
    _Layer("max_pool2d", nn.MaxPool2d, _WINDOW, fixed={"dilation": 1, "return_indices": False}),
    _Layer("avg_pool2d", nn.AvgPool2d, (*_WINDOW, "count_include_pad"), fixed={"divisor_override": None}),
    _Layer("adaptive_avg_pool2d", nn.AdaptiveAvgPool2d, ("output_size",)),
    _Layer("flatten", nn.Flatten, fixed={"start_dim": 1, "end_dim": -1}),
    _Layer("linear", nn.Linear, ("out_features", "bias"), "in_features"),
)
_BY_TYPE = {layer.type: layer for layer in _LAYERS}
_BY_MODULE = {layer.module: layer for layer in _LAYERS}
_BY_MODULE[nn.BatchNorm1d] = _BY_TYPE["batch_norm2d"]  # of a list of features, which is C × 1 × 1


def to_torch(model: rung.Model) -> RungModule:
    recipe = model.recipe.to_dict()
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        layers = list(_modules_of(recipe["model"]["layers"], model.input_shape))
    dataset = recipe["dataset"]
    module = RungModule(*layers, input_shape=model.input_shape, mean=dataset["mean"], std=dataset["std"])
    module.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in model.state_dict().items()})
    return module.eval()


def _modules_of(layers: Sequence[Mapping[str, Any]], input_shape: Sequence[int]) -> Iterator[nn.Module]:
    """The layers as modules. Black images go through them, whose shape tells each layer its input's channels."""
    x = torch.zeros(2, *input_shape)  # (a group norm may refuse a single one)
    outputs: dict[int, Tensor] = {}
    for position, layer in enumerate(layers):
        module = _module(layer, channels=x.shape[1]).eval()
        x = outputs[position] = output_of(module, position, x, outputs)
        yield module


def _module(layer: Mapping[str, Any], channels: int) -> nn.Module:
    if layer["type"] == "add":
        return Add(layer["from"])
    kind = _BY_TYPE[layer["type"]]
    options = {
        name: tuple(layer[name]) if isinstance(layer[name], list) else layer[name]
        for name in kind.options
        if name in layer
    }
    if kind.inputs:
        options[kind.inputs] = channels
    module = kind.module(**options)
    if "init" in options:
        module.init = options["init"]  # which PyTorch keeps only since 2.0
    return module


def from_torch(
    module: nn.Module,
    input_shape: Sequence[int] | None,
    *,
    mean: float | Sequence[float] | None,
    std: float | Sequence[float] | None,
    classes: int | None,
    title: str,
) -> rung.Model:
    if not isinstance(module, nn.Module):
        raise TypeError(f"expected a torch.nn.Module, not {type(module).__name__}")
    reader = _Reader()
    reader.read(_Part(module, ""))
    shape, mean, std = _of_images(module, input_shape, mean, std)
    recipe = {
        "title": title,
        "dataset": {"name": "./images", "mean": mean, "std": std},
        "model": {
            "input": shape,
            "classes": _outputs(reader.layers, shape[0]) if classes is None else classes,
            "layers": reader.layers,
        },
        "training": {"epochs": 1},
        "optimizer": {"type": "adam"},
    }
    return rung.Model.from_state_dict(reader.resolve(recipe), reader.state)


def _of_images(module: nn.Module, shape: Any, mean: Any, std: Any) -> tuple[list[int], Any, Any]:
    """As a recipe has them. What is None comes from the module, if `to_torch` made it."""
    own = isinstance(module, RungModule)
    if shape is None and not own:
        raise TypeError("input_shape is missing; give (channels, height, width) of the images")
    shape = module.input_shape if shape is None else shape
    mean = (module.mean if own else 0.0) if mean is None else mean
    std = (module.std if own else 1.0) if std is None else std
    return [int(side) for side in shape], _channel_values(mean), _channel_values(std)


def _channel_values(values: float | Sequence[float] | Tensor) -> float | list[float]:
    """One number if the channels have the same, in the shortest decimals: 0.1307 of the float32 next to it."""
    if isinstance(values, Tensor):
        values = values.cpu().float().numpy()
    numbers = [float(str(value)) for value in np.ravel(values)]
    return numbers[0] if len(set(numbers)) == 1 else numbers


def _outputs(layers: Sequence[Mapping[str, Any]], inputs: int) -> int:
    """How many channels or features the last convolution or linear layer makes."""
    for layer in reversed(layers):
        for name in ("out_channels", "out_features"):
            if name in layer:
                return layer[name]
    return inputs


@dataclass(frozen=True)
class _Part:
    """A module within the whole one."""

    module: nn.Module
    path: str  # dotted, as in named_modules(); empty for the whole

    def child(self, name: str) -> _Part:
        return _Part(self.module._modules[name], f"{self.path}.{name}" if self.path else name)

    def refusal(self, problem: str, remedy: str = "") -> UnsupportedModule:
        where = f"{self.path or 'the module'} ({type(self.module).__name__})"
        return UnsupportedModule(f"{where}: {problem}" + (f"; {remedy}" if remedy else ""))

    def refusal_of_type(self) -> UnsupportedModule:
        if isinstance(self.module, (nn.Softmax, nn.LogSoftmax)):
            return self.refusal(
                "Rung's models end in logits, whose softmax the loss and predict_probabilities() take",
                "leave this layer out",
            )
        if type(self.module).__module__.startswith("torch."):
            return self.refusal(
                "Rung has no such layer",
                "replace it with those that Rung has: " + ", ".join(kind.__name__ for kind in _BY_MODULE),
            )
        return self.refusal(
            "its forward() is code that Rung does not read",
            "build it as a torch.nn.Sequential, or describe it in a recipe and load its weights with "
            "rung.Model.from_state_dict()",
        )

    def require_plain(self) -> None:
        """The module's type and options alone must say what it computes."""
        module = self.module
        for is_so, problem, remedy in (
            (
                isinstance(module, torch.jit.ScriptModule) or hasattr(module, "_orig_mod"),
                "it is compiled",
                "give the module that it was compiled from",
            ),
            (
                isinstance(module, nn.modules.lazy.LazyModuleMixin),
                "its shape is not known yet",
                "let it compute something first",
            ),
            (
                module._forward_hooks or module._forward_pre_hooks,
                "its forward hooks may change what it computes",
                "remove them; torch.nn.utils has functions for those of weight_norm, spectral_norm and pruning",
            ),
            (
                parametrize.is_parametrized(module),
                "its weights are computed from others",
                "keep their values with torch.nn.utils.parametrize.remove_parametrizations()",
            ),
            ("forward" in vars(module), "its forward() is not that of its type", "give the module without that change"),
        ):
            if is_so:
                raise self.refusal(problem, remedy)

    def options(self, kind: _Layer) -> dict[str, Any]:
        """Of the layer in a recipe."""
        for name, only in kind.fixed.items():
            value = getattr(self.module, name)
            if value not in (only, (only, only)):
                raise self.refusal(
                    f"{name}={value!r}, which Rung does not have", f"build and train the layer with {name}={only!r}"
                )
        return {name: self.option(name) for name in kind.options if hasattr(self.module, name)}

    def option(self, name: str) -> Any:
        value = getattr(self.module, name)
        if name == "bias":
            return value is not None
        if name == "padding" and isinstance(value, str):
            return self.padding_in_pixels()
        if value is None or isinstance(value, tuple) and None in value:
            raise self.refusal(
                f"{name}={value!r}, but Rung takes only numbers", "build the layer with a number in the place of None"
            )
        return list(value) if isinstance(value, tuple) else value

    def padding_in_pixels(self) -> int | list[int]:
        """Of a convolution's padding="valid" or "same"."""
        if self.module.padding == "valid":
            return 0
        both_sides = [step * (size - 1) for step, size in zip(self.module.dilation, self.module.kernel_size)]
        if any(pixels % 2 for pixels in both_sides):
            raise self.refusal(
                f"padding='same' pads one side of a kernel of {self.module.kernel_size} more than the "
                "other, and Rung pads both alike",
                "take an odd kernel_size",
            )
        return [pixels // 2 for pixels in both_sides]


class _Reader:
    """Collects the layers of a module, as a recipe has them."""

    def __init__(self) -> None:
        self.layers: list[dict[str, Any]] = []
        self.parts: list[_Part] = []  # of the layers
        self.state: dict[str, np.ndarray] = {}
        self.owners: dict[int, _Part] = {}  # of the parameters, by their id()

    def read(self, part: _Part) -> None:
        part.require_plain()
        kind = type(part.module)
        if kind in _BY_MODULE:
            self.read_layer(part, _BY_MODULE[kind])
        elif kind.forward in (nn.Sequential.forward, RungModule.forward):
            self.read_chain(part)
        elif kind is not nn.Identity:
            raise part.refusal_of_type()

    def read_chain(self, chain: _Part) -> None:
        """A chain's positions are not the recipe's: chains may be nested, and an identity is no layer."""
        last_layers: list[int] = []  # of each child so far, the layer whose output is the child's
        for position, name in enumerate(chain.module._modules):  # (children() would skip one that comes twice)
            child = chain.child(name)
            if isinstance(chain.module, RungModule) and type(child.module) is Add:
                self.read_add(child, last_layers, child.module.added_from(position))
            else:
                self.read(child)
            last_layers.append(len(self.layers) - 1)

    def read_add(self, part: _Part, last_layers: Sequence[int], added_from: int) -> None:
        added = last_layers[added_from] if 0 <= added_from < len(last_layers) else -1
        if added < 0:
            raise part.refusal("no layer before it has the output that it adds", "let it add a layer's output")
        is_relative = part.module.source < 0
        self.add(part, {"type": "add", "from": added - len(self.layers) if is_relative else added})

    def read_layer(self, part: _Part, kind: _Layer) -> None:
        for name, parameter in part.module.named_parameters():
            owner = self.owners.setdefault(id(parameter), part)
            if owner is not part:
                raise part.refusal(
                    f"its {name} is also that of {owner.path}, and each layer of Rung has its own",
                    "give it a copy (copy.deepcopy)",
                )
        for name, tensor in part.module.state_dict().items():
            if name != "num_batches_tracked":
                self.state[f"{len(self.layers)}.{name}"] = np.array(tensor.cpu().float().numpy(), order="C")
        self.add(part, {"type": kind.type, **part.options(kind)})

    def add(self, part: _Part, layer: dict[str, Any]) -> None:
        self.layers.append(layer)
        self.parts.append(part)

    def resolve(self, recipe: Mapping[str, Any]) -> rung.Recipe:
        try:
            return rung.Recipe.from_dict(recipe)
        except ValueError as error:
            layer = re.search(r"model\.layers\[(\d+)\]", str(error))
            if layer is None:
                raise
            raise self.parts[int(layer[1])].refusal(str(error)) from error
