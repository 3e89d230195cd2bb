#!/usr/bin/env bash
# PyTorch's gradient of relu6 and others at NaN depends on where in the tensor the NaN lies.
#
# Package: torch 2.15.0 (PyPI; 5 GB while it runs)
# Expected: elements of the same value get the same gradient, and a NaN is seen in the gradients.
# Seen: of 67 NaN the first 64, which the vector loop takes, get the gradient 0 from relu6, hardtanh and
#   softshrink and NaN from hardswish and elu; the last 3, which the scalar loop takes, get 1 from each.
#   So a NaN in the activations of relu6 is hidden from the weights before it or not, by its place in
#   the tensor; relu, which passes 1 everywhere, and silu, which passes NaN, agree with themselves. The
#   same with AVX-512, with AVX2 and without either (ATEN_CPU_CAPABILITY). A check for divergence must
#   look at the loss or the activations, not at the gradients.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMP_NUM_THREADS=1
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
  torch==2.15.0 numpy==2.4.6
gradients() {
  taskset -c 0 venv/bin/python -W ignore - <<'END'
import torch
from torch.nn import functional

torch.set_num_threads(1)
print(f"vector instructions: {torch.backends.cpu.get_cpu_capability()}")
seen = {}
for name in ("relu6", "hardtanh", "softshrink", "hardswish", "elu", "relu", "silu", "hardsigmoid"):
    x = torch.full((67,), float("nan"), requires_grad=True)
    getattr(functional, name)(x).sum().backward()
    gradients = ["nan" if g != g else f"{g:g}" for g in x.grad.tolist()]
    seen[name] = {g: gradients.count(g) for g in dict.fromkeys(gradients)}
    print(f"{name:12s} gradients of 67 NaN: " + ", ".join(f"{g} ({n} times)" for g, n in seen[name].items()))

for name in ("relu6", "hardtanh", "softshrink"):
    assert seen[name] == {"0": 64, "1": 3}
for name in ("hardswish", "elu"):
    assert seen[name] == {"nan": 64, "1": 3}
assert seen["relu"] == {"1": 67} and seen["silu"] == {"nan": 67}
END
}
gradients                             # with this processor's vectors
ATEN_CPU_CAPABILITY=default gradients  # without
