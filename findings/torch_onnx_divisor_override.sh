#!/usr/bin/env bash
# PyTorch's ONNX exporters drop divisor_override of average pooling, without a warning.
#
# Package: torch 2.15.0 (PyPI; 5 GB while it runs), onnxscript 0.7.2, onnx 1.23.2, onnxruntime 1.32.0
# Expected: AvgPool2d(2, divisor_override=1), a sum over 2x2 pixels, is exported as such or refused:
#   ONNX's AveragePool has no such attribute.
# Seen: both exporters, dynamo=True and dynamo=False, write a plain AveragePool; the output is a quarter
#   of PyTorch's. A classifier after it gets other inputs than it was trained with.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMP_NUM_THREADS=1
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
  torch==2.15.0 onnxscript==0.7.2 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
taskset -c 0 venv/bin/python -W ignore - <<'END'
import logging

import numpy as np
import onnxruntime
import torch

logging.disable()
x = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
ratio = {}
for divisor in (None, 1, 3):
    model = torch.nn.AvgPool2d(2, divisor_override=divisor).eval()
    for dynamo in (True, False):
        torch.onnx.export(model, (x,), "m.onnx", dynamo=dynamo, verbose=False)
        session = onnxruntime.InferenceSession("m.onnx")
        exported = session.run(None, {session.get_inputs()[0].name: x.numpy()})[0]
        ratio[divisor, dynamo] = float(np.mean(exported / model(x).numpy()))
        print(f"divisor_override={divisor}, dynamo={dynamo}: the exported output is "
              f"{ratio[divisor, dynamo]:.4f} of PyTorch's")

for (divisor, _), r in ratio.items():
    assert abs(r - (divisor or 4) / 4) < 1e-5
END
