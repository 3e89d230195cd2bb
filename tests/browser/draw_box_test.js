// The box to draw in on a report's page computes what `rung predict` does: draw_box_test.js PAGE IMAGES PREDICTIONS, of an
// IDX file and of `rung predict RUN IMAGES --json --top CLASSES`.
'use strict';
const fs = require('fs');
const [page, images, predictions] = process.argv.slice(2);

const html = fs.readFileSync(page, 'utf8');
const scripts = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(match => match[1]);
const script = scripts.find(text => text.includes('data-drawing'));
const { logitsOf } = new Function('module', `${script}; return module.exports;`)({});
const [network] = JSON.parse(html.match(/<script [^>]*id="drawings">([^<]*)<\/script>/)[1]);
network.values = new Float32Array(Uint8Array.from(Buffer.from(network.numbers, 'base64')).buffer);
const size = network.height * network.width;
const pixels = fs.readFileSync(images).subarray(16);
let furthest = 0;
JSON.parse(fs.readFileSync(predictions, 'utf8')).images.forEach(({ top }, image) => {
  const logits = logitsOf(network, pixels.subarray(image * size, (image + 1) * size));
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - Math.max(...logits)), 0);
  for (const guess of top) {
    const share = Math.exp(logits[guess.class] - Math.max(...logits)) / sum;
    furthest = Math.max(furthest, Math.abs(share - guess.probability));
  }
});
console.log(furthest < 1e-5 ? 'equal but for rounding' : `probabilities differ by up to ${furthest}`);
