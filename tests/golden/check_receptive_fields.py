#!/usr/bin/python3
"""Compares what `rung summary` says of receptive fields with PyTorch's gradients, in random stacks of layers.

    RUNG=build/release/rung check_receptive_fields.py [STACKS]

Needs Debian's python3-torch. Every weight is positive, and max pooling is replaced by average pooling, which reads the
same pixels: a unit then depends on exactly the pixels for which its gradient is not zero.
"""
import json
import os
import random
import re
import subprocess
import sys
import tempfile

import torch
from torch import nn

FOLDER = tempfile.TemporaryDirectory()


class Add(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer


def outputs(modules, x):
    """Of every layer."""
    values = []
    for module in modules:
        x = x + values[module.layer] if isinstance(module, Add) else module(x)
        values.append(x)
    return values


def toml(key, value):
    return f"{key} = {str(value).lower()}"


def conv(channels, **options):
    groups = options.pop("groups", 1)
    outputs_ = groups if groups > 1 else random.randint(1, 3)
    options = {"out_channels": outputs_, "groups": groups, "bias": False, **options}
    module = nn.Conv2d(channels, **options)
    nn.init.uniform_(module.weight, 0.5, 1)
    return ("conv2d", options, module)


def random_conv(shape):
    kernel = random.randint(1, 5)
    return conv(shape[0], kernel_size=kernel, stride=random.choice([1, 1, 1, 2, 3]),
                padding=random.choice([kernel // 2, kernel // 2, 0, kernel - 1]), dilation=random.choice([1, 1, 2, 3]),
                groups=random.choice([1, 1, shape[0]]))


def random_layer(shapes):
    shape = shapes[-1]
    alike = [layer for layer, other in enumerate(shapes[1:-1]) if other == shape]
    if alike and random.random() < 0.3:
        layer = random.choice(alike)
        return ("add", {"from": layer}, Add(layer))
    kind = random.random()
    if kind < 0.25:
        size = random.randint(1, 4)
        options = {"kernel_size": size, "stride": random.choice([size, 1, 2]), "padding": random.randint(0, size // 2)}
        return (random.choice(["max_pool2d", "avg_pool2d"]), options, nn.AvgPool2d(**options))
    if kind < 0.3:
        options = {"output_size": [random.randint(1, 7), random.randint(1, 7)]}
        return ("adaptive_avg_pool2d", options, nn.AdaptiveAvgPool2d(**options))
    if kind < 0.4:
        return ("relu", {}, nn.ReLU())
    return random_conv(shape)


def random_stack(image):
    layers, shapes = [], [image]
    for _ in range(random.randint(2, 7)):
        layer = random_layer(shapes)
        try:
            value = outputs([one[2] for one in [*layers, layer]], torch.ones(1, *image))[-1]
        except RuntimeError:  # a kernel too large
            continue
        if value.numel() <= 300:
            layers.append(layer)
            shapes.append(tuple(value.shape[1:]))
    if random.random() < 0.5:
        layers.append(("adaptive_avg_pool2d", {"output_size": 1}, nn.AdaptiveAvgPool2d(1)))
        shapes.append((shapes[-1][0], 1, 1))
    features = shapes[-1][0] * shapes[-1][1] * shapes[-1][2]
    layers.append(("flatten", {}, nn.Flatten()))
    linear = nn.Linear(features, 2)
    nn.init.uniform_(linear.weight, 0.5, 1)
    return [*layers, ("linear", {"out_features": 2}, linear)]


def extent(used):
    at = used.nonzero().flatten()
    return int(at[-1] - at[0]) + 1 if len(at) else 0


def by_gradients(layers, image):
    """Each layer's field, and how many rows and columns count."""
    x = torch.ones(1, *image, requires_grad=True)
    fields = []
    for value in outputs([layer[2] for layer in layers], x):
        field, seen = (0, 0), torch.zeros(image[1:], dtype=bool)
        for unit in value.flatten():
            gradient, = torch.autograd.grad(unit, x, retain_graph=True, allow_unused=True)
            used = (gradient[0] != 0).any(0)
            seen |= used
            field = max(field[0], extent(used.any(1))), max(field[1], extent(used.any(0)))
        fields.append(list(field))
    return fields, (int(seen.any(1).sum()), int(seen.any(0).sum()))


def by_rung(layers, image):
    path = os.path.join(FOLDER.name, "stack.toml")
    lines = []
    for kind, options, _ in layers:
        lines.append("  { " + ", ".join([f'type = "{kind}"', *(toml(*option) for option in options.items())]) + " },\n")
    with open(path, "w") as file:
        file.write(f'title = "t"\n[dataset]\nname = "./none"\n[model]\ninput = {list(image)}\nclasses = 2\nlayers = [\n'
                   + "".join(lines) + ']\n[training]\nepochs = 1\n[optimizer]\ntype = "sgd"\n')
    run = subprocess.run([os.environ["RUNG"], "summary", path, "--json"], stdout=subprocess.PIPE, check=True)
    result = json.loads(run.stdout)
    seen = [re.match(r"The outputs depend on (\d+) of .* on (\d+) of", sentence) for sentence in result["advice"]]
    seen = [(int(match[1]), int(match[2])) for match in seen if match]
    return [layer["receptive_field"] for layer in result["layers"]], (seen or [image[1:]])[0]


def main(stacks):
    random.seed(1)
    torch.manual_seed(1)
    for stack in range(stacks):
        image = random.randint(1, 2), random.randint(4, 12), random.randint(4, 12)
        layers = random_stack(image)
        expected, found = by_gradients(layers, image), by_rung(layers, image)
        if found != expected:
            sys.exit(f"stack {stack}, {image}: {[layer[:2] for layer in layers]}\nPyTorch {expected}\nRung {found}")
    print(f"{stacks} stacks agree")


main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
