#!/usr/bin/env bash
# onnxslim folds a scale of the columns into a convolution's output channels.
#
# Package: onnxslim 0.1.98, beside onnxruntime 1.32.0, onnx 1.23.2 (PyPI)
# Expected: Conv followed by Mul with a vector is folded into the weights only if the vector runs over
#   the channels, shape (C, 1, 1); ONNX broadcasts a vector of shape (W,) over the columns.
# Seen: a vector of shape (W,) is folded as if it ran over the channels if there are as many columns as
#   channels, as after the ladder's convolutions with 10 channels on planes of 10x10. The simplified
#   model loads and is wrong; ONNX Runtime's own optimisation is right. With one column more the same
#   model stays as it is.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMP_NUM_THREADS=1
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
  onnxslim==0.1.98 onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
taskset -c 0 venv/bin/python -W ignore - <<'END'
import numpy as np
import onnxruntime
import onnxslim
from onnx import helper, numpy_helper, TensorProto

rng = np.random.default_rng(0)


def run(model, x):
    return onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": x})[0]


difference = {}
for columns in (10, 11):
    for shape in ((columns,), (10, 1, 1)):
        weight = rng.standard_normal((10, 1, 3, 3)).astype(np.float32)
        scale = rng.uniform(0.5, 1.5, shape).astype(np.float32)
        nodes = [helper.make_node("Conv", ["x", "w"], ["c"]), helper.make_node("Mul", ["c", "scale"], ["y"])]
        graph = helper.make_graph(
            nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 12, columns + 2])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 10, 10, columns])],
            [numpy_helper.from_array(weight, "w"), numpy_helper.from_array(scale, "scale")])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        slim = onnxslim.slim(model)
        x = rng.standard_normal((1, 1, 12, columns + 2)).astype(np.float32)
        difference[columns, shape] = np.abs(run(model, x) - run(slim, x)).max()
        print(f"10 channels, {columns} columns, scale of shape {shape}: nodes {[n.op_type for n in slim.graph.node]}, "
              f"largest difference {difference[columns, shape]:.2g}")

assert difference[10, (10,)] > 0.1
assert all(d < 1e-5 for key, d in difference.items() if key != (10, (10,)))
END
