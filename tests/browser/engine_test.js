// The playground's engine gives the command line's bits: engine_test.js PAGE IMAGES PREDICTIONS STUDENT TRAINING
//
// PAGE: a playground with one run. IMAGES: an IDX file. PREDICTIONS: what `rung predict RUN IMAGES --json --top CLASSES`
// printed, without fused multiply-add. STUDENT: a run trained likewise on the dataset in the folder TRAINING.
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const { load } = require('./engine.js');
const [page, images, predictions, student, training] = process.argv.slice(2);
const { tasks, news, facts } = load(page);

// The probabilities are of double, and the logits of float: their differences come back as they were.
const pixels = fs.readFileSync(images).subarray(16);
const size = facts.shape.reduce((a, b) => a * b);
const expected = JSON.parse(fs.readFileSync(predictions, 'utf8')).images;
let furthest = 0;
expected.forEach(({ top }, image) => {
  const { logits: [logits] } = tasks.answer({ pixels: pixels.subarray(image * size, (image + 1) * size) });
  const [best] = top;
  for (const guess of top) {
    const difference = Math.log(guess.probability / best.probability) - (logits[guess.class] - logits[best.class]);
    furthest = Math.max(furthest, Math.abs(difference));
  }
});
console.log(`${expected.length} images: logits ${furthest < 2e-9 ? 'equal' : `differ by up to ${furthest}`}`);

const idx = (name, header) => fs.readFileSync(`${training}/${name}`).subarray(header);
tasks.train({
  recipe: fs.readFileSync(`${student}/recipe.toml`, 'utf8'),
  images: {
    train: idx('train-images-idx3-ubyte', 16), trainLabels: idx('train-labels-idx1-ubyte', 8),
    test: idx('t10k-images-idx3-ubyte', 16), testLabels: idx('t10k-labels-idx1-ubyte', 8), shape: facts.shape,
  },
});
const wait = setInterval(() => {
  const last = news.at(-1);
  if (last?.failed) throw new Error(last.failed);
  if (!last?.over) return;
  clearInterval(wait);
  const hash = crypto.createHash('sha256').update(Buffer.from(tasks.take().weights.buffer)).digest('hex');
  const { epochs } = JSON.parse(fs.readFileSync(`${student}/result.json`, 'utf8'));
  const same = hash === epochs.at(-1).weights_sha256 && last.evaluation.accuracy === epochs.at(-1).test_accuracy;
  console.log(`${last.progress.batches} batches: weights ${same ? 'equal' : `${hash}, not ${epochs.at(-1).weights_sha256}`}`);
}, 20);
