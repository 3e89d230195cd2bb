"""Trains step 3 in a headless Chromium, with the playground's engine and with TensorFlow.js in turn, and prints the images a
second of each: compare.py PLAYGROUND TFJS [--rounds N] [--seconds S]

PLAYGROUND: a page of `rung playground`. TFJS: tf.min.js of the npm package @tensorflow/tfjs. TensorFlow.js is measured on each
of its backends that starts and trains a convolution there: it gets the same layers, batches of 128 images of noise, and the
same optimiser; the time of its first three batches does not count. Nothing else should run on the machine meanwhile.
"""

import argparse
import json
import pathlib
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/browser"))
import browser  # noqa: E402

# Step 3: convolutions [out channels, kernel], and a pooling behind the second.
TFJS_PAGE = """<!DOCTYPE html><meta charset="utf-8"><script src="%s"></script><script>
function model() {
  const layers = tf.layers, net = tf.sequential();
  const convolution = (filters, kernelSize, more = {}) => layers.conv2d({ filters, kernelSize, useBias: false, ...more });
  [[10, 3], [10, 3], [20, 3], [10, 3], [20, 3]].forEach(([filters, kernel], place) => {
    net.add(convolution(filters, kernel, place === 0 ? { inputShape: [28, 28, 1] } : {}));
    net.add(layers.batchNormalization({ momentum: .9, epsilon: 1e-5 }));
    net.add(layers.dropout({ rate: .08 }));
    net.add(layers.reLU());
    if (place === 1) net.add(layers.maxPooling2d({ poolSize: 2 }));
  });
  net.add(convolution(10, 6));
  net.add(layers.flatten());
  net.add(layers.softmax());
  net.compile({ optimizer: tf.train.momentum(.01, .9), loss: 'sparseCategoricalCrossentropy' });
  return net;
}
async function measure(backend, seconds) {
  if (!await tf.setBackend(backend)) throw new Error('does not start');
  await tf.ready();
  const net = model();
  const x = tf.randomUniform([128, 28, 28, 1]), y = tf.randomUniform([128, 1], 0, 10, 'int32').toFloat();
  const first = await net.trainOnBatch(x, y);
  for (let i = 0; i < 2; ++i) await net.trainOnBatch(x, y);
  const start = performance.now();
  let batches = 0, last = first;
  while (performance.now() - start < 1000 * seconds) { last = await net.trainOnBatch(x, y); ++batches; }
  return { params: net.countParams(), first, last, rate: 128 * batches / (performance.now() - start) * 1000 };
}
</script>"""


def rung_rate(page, playground, seconds):
    page.show(playground)
    wait_for(page, "document.documentElement.dataset.ready !== undefined")
    page.evaluate("(document.getElementById('tab-training').click(), document.getElementById('train').click())")
    time.sleep(seconds + 1)
    return float(page.evaluate("document.documentElement.dataset.imagesPerSecond"))


def wait_for(page, condition):
    deadline = time.monotonic() + 60
    while not page.evaluate(condition):
        if time.monotonic() > deadline:
            raise RuntimeError(f"in vain: {condition}")
        time.sleep(.05)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("playground")
    parser.add_argument("tfjs")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    rates = {"rung": []}
    with tempfile.TemporaryDirectory() as folder, browser.Browser() as page:
        tfjs_page = pathlib.Path(folder) / "tfjs.html"
        tfjs_page.write_text(TFJS_PAGE % pathlib.Path(options.tfjs).resolve().as_uri())
        for _ in range(options.rounds):
            rates["rung"].append(rung_rate(page, options.playground, options.seconds))
            for backend in ("webgl", "wasm", "cpu"):
                page.show(tfjs_page)
                try:
                    result = page.evaluate(f"measure({json.dumps(backend)}, {options.seconds})")
                except RuntimeError as error:
                    details = error.args[0]
                    print(f"tfjs-{backend}: {details['exception']['description'].splitlines()[0]}", file=sys.stderr)
                    continue
                rates.setdefault(f"tfjs-{backend}", []).append(result["rate"])
                print(f"tfjs-{backend}: {result}", file=sys.stderr)
    medians = {name: statistics.median(values) for name, values in rates.items()}
    for name, median in medians.items():
        print(f"{name:12} {median:8.0f} images a second, of {options.rounds} rounds ({', '.join(f'{v:.0f}' for v in rates[name])})")
    best = max((median for name, median in medians.items() if name != "rung"), default=None)
    if best:
        print(f"Rung is {medians['rung'] / best:.1f} times as fast as the best of TensorFlow.js's backends")


if __name__ == "__main__":
    main()
