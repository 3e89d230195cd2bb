#!/usr/bin/env bash
# onnx's ReferenceEvaluator is not ONNX's definition for three operators of image classifiers.
#
# Package: onnx 1.23.2 (onnx.reference), beside onnxruntime 1.32.0 (PyPI)
# Expected: the reference evaluator computes what the operators' documentation says, for every opset.
# Seen: 1. LogSoftmax and Softmax of opset 12 and earlier, whose default axis is 1, are computed along
#   the last axis: for logits of shape (N, 10, 1, 1), as they leave a 1x1 convolution, every class gets
#   probability 1. 2. Max pooling with auto_pad SAME_LOWER pads as SAME_UPPER. 3. LRN over more than one
#   channel misses the neighbours. ONNX Runtime equals the definition in numpy in all three.
#   Compare an exported model with two engines.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMP_NUM_THREADS=1
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
  onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
taskset -c 0 venv/bin/python -W ignore - <<'END'
import numpy as np
import onnxruntime
from onnx import helper, TensorProto
from onnx.reference import ReferenceEvaluator

rng = np.random.default_rng(0)


def both(op, x, shape_out, opset, **attributes):
    graph = helper.make_graph([helper.make_node(op, ["x"], ["y"], **attributes)], "g",
                              [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape_out)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    return (onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": x})[0],
            ReferenceEvaluator(model).run(None, {"x": x})[0])


logits = rng.standard_normal((2, 10, 1, 1)).astype(np.float32)
log_softmax = logits - np.log(np.exp(logits).sum(1, keepdims=True))

image = -np.abs(rng.standard_normal((1, 1, 8, 8)).astype(np.float32))
padded = np.pad(image[0, 0], ((1, 0), (1, 0)), constant_values=-np.inf)
pooled = np.array([[padded[2 * i:2 * i + 3, 2 * j:2 * j + 3].max() for j in range(4)] for i in range(4)])

planes = rng.standard_normal((1, 6, 4, 4)).astype(np.float32)
squares = np.pad(planes ** 2, ((0, 0), (1, 1), (0, 0), (0, 0)))
normalised = planes / (1 + 0.5 / 3 * (squares[:, :-2] + squares[:, 1:-1] + squares[:, 2:])) ** 0.75

cases = {
    "LogSoftmax, opset 11, (2, 10, 1, 1)": (log_softmax, *both("LogSoftmax", logits, logits.shape, 11)),
    "LogSoftmax, opset 13, axis 1": (log_softmax, *both("LogSoftmax", logits, logits.shape, 13, axis=1)),
    "MaxPool 3x3 stride 2, SAME_LOWER": (pooled[None, None], *both(
        "MaxPool", image, (1, 1, 4, 4), 13, kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_LOWER")),
    "LRN size 3": (normalised, *both("LRN", planes, planes.shape, 13, size=3, alpha=0.5, beta=0.75, bias=1.0)),
}
wrong = {}
for name, (expected, runtime, reference) in cases.items():
    wrong[name] = np.abs(reference - expected).max()
    print(f"{name:36s} from the definition: ONNX Runtime {np.abs(runtime - expected).max():.2g}, "
          f"ReferenceEvaluator {wrong[name]:.2g}")
    assert np.abs(runtime - expected).max() < 1e-5
    assert (wrong[name] < 1e-5) == (name == "LogSoftmax, opset 13, axis 1")
assert not cases["LogSoftmax, opset 11, (2, 10, 1, 1)"][2].any()  # log 1 for every class
END
