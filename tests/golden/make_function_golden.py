#!/usr/bin/python3
"""Makes functions.safetensors, for elementwise_test.cc: values and slopes of PyTorch's activations, in float64.

    /usr/bin/python3 make_function_golden.py OUTPUT_FOLDER

Needs Debian's python3-torch (made with torch 1.13.0).

    x [241]               from -12 to 12
    value/NAME [241]      as kernels::name_of
    slope/NAME [241]      by autograd
"""
import pathlib
import sys

import torch
from torch import nn

from make_model_golden import write_safetensors

FUNCTIONS = {
    "silu": nn.SiLU(),
    "gelu": nn.GELU(),
    "gelu by tanh": nn.GELU(approximate="tanh"),
    "mish": nn.Mish(),
    "relu6": nn.ReLU6(),
    "hardswish": nn.Hardswish(),
    "sigmoid": nn.Sigmoid(),
    "tanh": nn.Tanh(),
}

tensors = {"x": torch.linspace(-12, 12, 241)}
for name, function in FUNCTIONS.items():
    x = tensors["x"].double().requires_grad_()
    y = function(x)
    y.sum().backward()
    tensors[f"value/{name}"] = y.detach().float()
    tensors[f"slope/{name}"] = x.grad.float()
write_safetensors(pathlib.Path(sys.argv[1]) / "functions.safetensors", {k: v.numpy() for k, v in tensors.items()})
