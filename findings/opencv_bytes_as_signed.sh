#!/usr/bin/env bash
# OpenCV 4's quantised layers take an image of bytes for signed ones.
#
# Package: opencv-python-headless 4.14.0.94 and 5.0.0.93 (cv2.dnn), beside onnxruntime 1.32.0, onnx 1.23.2 (PyPI)
# Expected: a model whose input is uint8 and whose first operator is DequantizeLinear gives
#   (byte - zero point) * scale.
# Seen: 4.14.0.94 gives that plus or minus 128 * scale for every byte, without an error: importing moves the
#   zero points of uint8 by 128, because its layers compute with int8, and nothing moves the input. A
#   QuantizeLinear before, which makes bytes of float32, is right. So is 5.0.0.93 in both.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMP_NUM_THREADS=1
cat >compare.py <<'END'
import cv2
import numpy as np
import onnxruntime
from onnx import helper, numpy_helper, TensorProto

constants = [numpy_helper.from_array(np.array(0.02, np.float32), "scale"),
             numpy_helper.from_array(np.array(100, np.uint8), "zero")]


def difference(operators, element_type, x):
    nodes = [helper.make_node(op, [a, "scale", "zero"], [b]) for op, a, b in operators]
    ends = [helper.make_tensor_value_info(name, kind, ["N", 1, 6, 6])
            for name, kind in (("x", element_type), ("y", TensorProto.FLOAT))]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8).SerializeToString()
    expected = onnxruntime.InferenceSession(model).run(None, {"x": x})[0]
    net = cv2.dnn.readNetFromONNX(np.frombuffer(model, np.uint8))
    net.setInput(x)
    return np.abs(net.forward().reshape(expected.shape) - expected)


pixels = np.arange(72, dtype=np.uint8).reshape(2, 1, 6, 6) * 3
bytes_in = difference([("DequantizeLinear", "x", "y")], TensorProto.UINT8, pixels)
floats_in = difference([("QuantizeLinear", "x", "q"), ("DequantizeLinear", "q", "y")], TensorProto.FLOAT,
                       ((pixels - 100.0) * 0.02).astype(np.float32))
print(f"OpenCV {cv2.__version__}, difference to ONNX Runtime: bytes in {bytes_in.min():.2g} to {bytes_in.max():.2g}, "
      f"floats in at most {floats_in.max():.2g}")
assert floats_in.max() < 1e-6
if cv2.__version__.startswith("4."):
    assert np.allclose(bytes_in, 128 * 0.02)
else:
    assert bytes_in.max() < 1e-6
END
for version in 4.14.0.94 5.0.0.93; do
  python3 -m venv "$version"
  "$version/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    "opencv-python-headless==$version" onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
  taskset -c 0 "$version/bin/python" -W ignore compare.py
done
