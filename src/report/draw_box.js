// Boxes to draw in (the data block "drawings"): cuts the drawing out, centres it, runs the box's network, and shows what
// that says. A network is a list of nodes, each of one operation on earlier ones' planes [channel][row][column].
'use strict';
(() => {
  const functions = {
    relu: x => Math.max(0, x),
    silu: x => x / (1 + Math.exp(-x)),
    gelu: x => x / 2 * (1 + erf(x / Math.SQRT2)),
    'gelu by tanh': x => x / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + .044715 * x ** 3))),
    mish: x => x * Math.tanh(Math.log1p(Math.exp(x))),
    relu6: x => Math.min(6, Math.max(0, x)),
    hardswish: x => x * Math.min(6, Math.max(0, x + 3)) / 6,
    sigmoid: x => 1 / (1 + Math.exp(-x)),
    tanh: Math.tanh,
  };

  // By its series, or its continued fraction.
  function erf(x) {
    const size = Math.abs(x);
    if (size > 6) return Math.sign(x);
    let sum = size;
    for (let term = size, n = 1; n < 120; ++n) {
      term *= -size * size / n;
      sum += term / (2 * n + 1);
    }
    return Math.sign(x) * Math.min(1, 2 / Math.sqrt(Math.PI) * sum);
  }

  const planesOf = ([channels, height, width], plane) => {
    const y = new Float64Array(channels * height * width);
    for (let channel = 0, at = 0; channel < channels; ++channel)
      for (let row = 0; row < height; ++row)
        for (let column = 0; column < width; ++column) y[at++] = plane(channel, row, column);
    return y;
  };

  const operations = {
    convolve({ kernel, stride, padding, dilation, groups, weight, bias, shape }, numbers, [x], [[channels, height, width]]) {
      const [each, outputs] = [channels / groups, shape[0] / groups];
      return planesOf(shape, (k, row, column) => {
        const first = Math.floor(k / outputs) * each;
        let sum = numbers[bias + k];
        for (let c = 0; c < each; ++c) {
          for (let i = 0; i < kernel[0]; ++i) {
            const r = row * stride[0] + i * dilation[0] - padding[0];
            if (r < 0 || r >= height) continue;
            for (let j = 0; j < kernel[1]; ++j) {
              const q = column * stride[1] + j * dilation[1] - padding[1];
              if (q < 0 || q >= width) continue;
              sum += numbers[weight + ((k * each + c) * kernel[0] + i) * kernel[1] + j] * x[((first + c) * height + r) * width + q];
            }
          }
        }
        return sum;
      });
    },
    pool({ rows, columns, shape }, [x], [[, height, width]], begin, join, end) {
      return planesOf(shape, (channel, row, column) => {
        let value = begin;
        for (let r = rows[row][0]; r < rows[row][1]; ++r)
          for (let q = columns[column][0]; q < columns[column][1]; ++q) value = join(value, x[(channel * height + r) * width + q]);
        return end(value, rows[row][2] * columns[column][2]);
      });
    },
    most(node, numbers, inputs, shapes) { return this.pool(node, inputs, shapes, -Infinity, Math.max, value => value); },
    mean(node, numbers, inputs, shapes) { return this.pool(node, inputs, shapes, 0, (a, b) => a + b, (sum, count) => sum / count); },
    scale({ weight, bias, shape }, numbers, [x]) {
      const plane = shape[1] * shape[2];
      return x.map((value, at) => value * numbers[weight + Math.floor(at / plane)] + numbers[bias + Math.floor(at / plane)]);
    },
    normalise({ groups, eps, weight, bias, shape }, numbers, [x]) {
      const size = x.length / groups;
      const y = new Float64Array(x.length);
      for (let group = 0; group < groups; ++group) {
        const part = x.subarray(group * size, (group + 1) * size);
        const mean = part.reduce((a, b) => a + b) / size;
        const deviation = Math.sqrt(part.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size + eps);
        part.forEach((value, at) => { y[group * size + at] = (value - mean) / deviation; });
      }
      return this.scale({ weight, bias, shape }, numbers, [y]);
    },
    leaky({ weight, slopes, shape }, numbers, [x]) {
      const plane = shape[1] * shape[2];
      return x.map((value, at) => value > 0 ? value : value * numbers[weight + (slopes === 1 ? 0 : Math.floor(at / plane))]);
    },
    add: (node, numbers, [a, b]) => a.map((value, at) => value + b[at]),
    flatten: (node, numbers, [x]) => x,
  };

  // The logits for an image of numbers from 0 to 255.
  function logitsOf(network, image) {
    const outputs = [Float64Array.from(image, value => (value / 255 - network.mean) / network.std)];
    const shapes = [[1, network.height, network.width]];
    for (const node of network.nodes) {
      const inputs = node.from.map(at => outputs[at]);
      const each = functions[node.do];
      outputs.push(each ? inputs[0].map(each) : operations[node.do](node, network.values, inputs, node.from.map(at => shapes[at])));
      shapes.push(node.shape);
    }
    return outputs.at(-1);
  }

  // What is drawn on square grey pixels, scaled to 20/28 of the network's shorter side, its centre of mass in the middle.
  function fitted(grey, side, height, width) {
    let [top, left, bottom, right] = [side, side, -1, -1];
    grey.forEach((value, at) => {
      if (value < 32) return;
      const [row, column] = [Math.floor(at / side), at % side];
      [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
      [left, right] = [Math.min(left, column), Math.max(right, column)];
    });
    if (bottom < 0) return null;
    const scale = Math.max(bottom - top + 1, right - left + 1) / (Math.min(height, width) * 20 / 28);
    let [mass, y, x] = [0, 0, 0];
    grey.forEach((value, at) => {
      mass += value;
      y += value * (Math.floor(at / side) + .5);
      x += value * (at % side + .5);
    });
    const parts = Math.max(1, Math.ceil(scale));
    return Uint8Array.from({ length: height * width }, (_, at) => {
      const [row, column] = [Math.floor(at / width), at % width];
      let sum = 0;
      for (let i = 0; i < parts; ++i) {
        for (let j = 0; j < parts; ++j) {
          const r = Math.floor(y / mass + (row + (i + .5) / parts - height / 2 - .5) * scale);
          const q = Math.floor(x / mass + (column + (j + .5) / parts - width / 2 - .5) * scale);
          if (r >= 0 && r < side && q >= 0 && q < side) sum += grey[r * side + q];
        }
      }
      return sum / parts / parts;
    });
  }

  function begin(box, network) {
    network.values = new Float32Array(Uint8Array.from(atob(network.numbers), letter => letter.charCodeAt(0)).buffer);
    const pad = box.querySelector('canvas');
    const ink = pad.getContext('2d', { willReadFrequently: true });
    const seen = box.querySelectorAll('canvas')[1];
    const answer = box.querySelector('output');
    const clear = () => {
      ink.fillStyle = '#000';
      ink.fillRect(0, 0, pad.width, pad.height);
      seen.getContext('2d').clearRect(0, 0, network.width, network.height);
      answer.textContent = '';
    };
    const show = () => {
      const { data } = ink.getImageData(0, 0, pad.width, pad.height);
      const image = fitted(Array.from({ length: pad.width * pad.height }, (_, at) => data[4 * at]), pad.width, network.height, network.width);
      if (!image) return;
      const view = seen.getContext('2d').createImageData(network.width, network.height);
      image.forEach((value, at) => view.data.set([value, value, value, 255], 4 * at));
      seen.getContext('2d').putImageData(view, 0, 0);
      const logits = logitsOf(network, image);
      const most = Math.max(...logits);
      const shares = [...logits].map(value => Math.exp(value - most));
      const sum = shares.reduce((a, b) => a + b);
      const best = shares.map((share, label) => [share / sum, label]).sort((a, b) => b[0] - a[0]).slice(0, 3);
      answer.textContent = best.filter(([share], place) => place === 0 || share > .005)
        .map(([share, label]) => `${network.classes[label]}: ${(100 * share).toFixed(1)} %`).join(', ');
    };
    let last = null;
    const place = event => {
      const frame = pad.getBoundingClientRect();
      return [(event.clientX - frame.left) * pad.width / frame.width, (event.clientY - frame.top) * pad.height / frame.height];
    };
    const stroke = event => {
      if (!last) return;
      Object.assign(ink, { lineWidth: pad.width / 12, lineCap: 'round', strokeStyle: '#fff' });
      ink.beginPath();
      ink.moveTo(...last);
      ink.lineTo(...(last = place(event)));
      ink.stroke();
      show();
    };
    pad.addEventListener('pointerdown', event => {
      pad.setPointerCapture(event.pointerId);
      last = place(event);
      stroke(event);
    });
    pad.addEventListener('pointermove', stroke);
    for (const type of ['pointerup', 'pointercancel']) pad.addEventListener(type, () => { last = null; });
    box.querySelector('button').addEventListener('click', clear);
    clear();
  }

  if (typeof document === 'undefined') {
    module.exports = { logitsOf };  // for a test
    return;
  }
  const networks = JSON.parse(document.getElementById('drawings').textContent);
  document.querySelectorAll('[data-drawing]').forEach(box => begin(box, networks[box.dataset.drawing]));
})();
