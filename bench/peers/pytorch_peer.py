"""A task trained by PyTorch as its users write it: nn.Sequential in float32, SGD, cross entropy."""

import contextlib
from functools import partial

import torch
from torch import nn
from torch.nn.functional import cross_entropy

import peer

SETTINGS = {
    "--channels-last": "memory in the order N, H, W, C",
    "--compile": "the model through torch.compile",
    "--bf16": "forward under autocast to bfloat16",
}


def layer(spec: dict, channels: int) -> nn.Module:
    """The layer of a resolved recipe, for an input of `channels`."""
    match spec["type"]:
        case "conv2d":
            names = ("kernel_size", "stride", "padding", "dilation", "groups", "bias")
            return nn.Conv2d(channels, spec["out_channels"], **{name: spec[name] for name in names if name in spec})
        case "batch_norm2d":
            return nn.BatchNorm2d(channels, eps=spec["eps"], momentum=spec["momentum"])
        case "dropout":
            return nn.Dropout(spec["p"])
        case "relu":
            return nn.ReLU()
        case "max_pool2d":
            return nn.MaxPool2d(spec["kernel_size"])
        case "avg_pool2d":
            return nn.AvgPool2d(spec["kernel_size"])
    raise ValueError(f"the PyTorch peer has no layer {spec['type']}")


def sequential(layers: list[dict]) -> nn.Sequential:
    model = nn.Sequential()
    channels = 1
    for spec in layers:
        model.append(layer(spec, channels))
        channels = spec.get("out_channels", channels)
    return model


class PyTorchPeer:
    def __init__(self, task: peer.Task, options):
        torch.set_num_threads(options.threads)
        torch.manual_seed(task.recipe["seed"])
        self.format = torch.channels_last if options.channels_last else torch.contiguous_format
        self.autocast = partial(torch.autocast, "cpu", torch.bfloat16) if options.bf16 else contextlib.nullcontext
        self.task = task
        self.train_images = self.images(task.train_images)
        self.train_labels = torch.frombuffer(task.train_labels, dtype=torch.uint8)
        self.model = sequential(task.layers).to(memory_format=self.format)
        self.parameters = sum(weight.numel() for weight in self.model.parameters())
        self.version = f"PyTorch {torch.__version__}"
        self.sgd = torch.optim.SGD(
            self.model.parameters(), lr=task.optimizer["lr"], momentum=task.optimizer["momentum"]
        )
        self.forward = torch.compile(self.model, dynamic=False) if options.compile else self.model

    def images(self, data: bytearray) -> torch.Tensor:
        side = self.task.side
        return torch.frombuffer(data, dtype=torch.uint8).view(-1, 1, side, side)

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        x = (images.float().div_(255).sub_(self.task.mean).div_(self.task.std)).contiguous(memory_format=self.format)
        with self.autocast():
            return self.forward(x).flatten(1).float()

    def train(self, first: int, end: int) -> None:
        self.sgd.zero_grad()
        loss = cross_entropy(self.logits(self.train_images[first:end]), self.train_labels[first:end].long())
        loss.backward()
        self.sgd.step()
        loss.item()

    @torch.no_grad()
    def count_correct(self) -> int:
        self.model.eval()
        labels = torch.frombuffer(self.task.test_labels, dtype=torch.uint8)
        correct = 0
        for images, wanted in zip(self.images(self.task.test_images).split(1000), labels.split(1000)):
            correct += int((self.logits(images).argmax(1) == wanted).sum())
        return correct


if __name__ == "__main__":
    peer.main(__doc__, SETTINGS, PyTorchPeer)
