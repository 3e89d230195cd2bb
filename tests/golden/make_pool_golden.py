#!/usr/bin/python3
"""Makes pools.safetensors, for pooling_test.cc: what PyTorch's poolings do with their options.

    /usr/bin/python3 make_pool_golden.py OUTPUT_FOLDER

Needs Debian's python3-torch (made with torch 1.13.0).

    x [7,6]
    KIND/KERNEL,STRIDE,PADDING,CEIL,INCLUDE/y and /dx   of max or average pooling with square windows; dx is the gradient
                                                       of the sum of y times 0, 1, 2, ...
"""
import itertools
import pathlib
import sys

import torch
from torch.nn import functional

from make_model_golden import write_safetensors

x = torch.rand(1, 1, 7, 6, generator=torch.Generator().manual_seed(1), dtype=torch.float64).float().double()
tensors = {"x": x[0, 0].numpy()}
for kernel, stride, padding, ceil, include in itertools.product((2, 3), (1, 2, 3), (0, 1), (0, 1), (0, 1)):
    for kind in ("max", "average") if include else ("average",):
        given = x.clone().requires_grad_()
        if kind == "max":
            y = functional.max_pool2d(given, kernel, stride, padding, ceil_mode=bool(ceil))
        else:
            y = functional.avg_pool2d(given, kernel, stride, padding, bool(ceil), bool(include))
        (y.flatten() * torch.arange(y.numel())).sum().backward()
        name = f"{kind}/{kernel},{stride},{padding},{ceil},{include}"
        tensors[f"{name}/y"] = y[0, 0].detach().numpy()
        tensors[f"{name}/dx"] = given.grad[0, 0].numpy()
write_safetensors(pathlib.Path(sys.argv[1]) / "pools.safetensors", tensors)
