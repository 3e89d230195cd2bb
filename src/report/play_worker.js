// Runs the engine (apps/play/engine.cc) for the page: a network that looks at images, or a training. A message has a
// `task` and what that needs; the reply has its `id`, and an `error` in words if it failed.
'use strict';
let engine = null;      // its exports
const networks = [];    // each a pointer and its description
let training = 0;       // a pointer
let running = false;    // the training

function instantiate(module) {
  let memory = null;
  const view = () => new DataView(memory.buffer);
  const system = {
    clock_time_get: (clock, precision, out) => { view().setBigUint64(out, BigInt(Math.round(performance.now() * 1e6)), true); return 0; },
    environ_sizes_get: (count, size) => { view().setUint32(count, 0, true); view().setUint32(size, 0, true); return 0; },
    fd_write: (file, pieces, count, out) => {
      let bytes = 0;
      for (let i = 0; i < count; ++i) bytes += view().getUint32(pieces + 8 * i + 4, true);
      view().setUint32(out, bytes, true);
      return 0;
    },
    proc_exit: code => { throw new Error(`the engine ended with ${code}`); },
  };
  const imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    (imports[from] ??= {})[name] = system[name] ?? (() => 0);
  }
  const { exports } = new WebAssembly.Instance(module, imports);
  memory = exports.memory;
  exports._initialize();
  return exports;
}

// What the engine says at a pointer.
const bytesAt = (pointer, count) => new Uint8Array(engine.memory.buffer, pointer, count);
const floatsAt = (pointer, count) => new Float32Array(engine.memory.buffer, pointer, count).slice();
function textAt(pointer) {
  const bytes = new Uint8Array(engine.memory.buffer);
  return new TextDecoder().decode(bytes.subarray(pointer, bytes.indexOf(0, pointer)));
}
function required(result) {
  if (result === 0 || result === -1) throw new Error(textAt(engine.error()));
  return result;
}

// Calls work(pointers...) with copies of the arrays in the engine's memory.
function withCopies(arrays, work) {
  const pointers = arrays.map(array => {
    const bytes = ArrayBuffer.isView(array) ? new Uint8Array(array.buffer, array.byteOffset, array.byteLength) : array;
    const pointer = engine.reserve(bytes.length);
    bytesAt(pointer, bytes.length).set(bytes);
    return pointer;
  });
  try {
    return work(...pointers);
  } finally {
    pointers.forEach(pointer => engine.release(pointer));
  }
}

const size = ([channels, height, width]) => channels * height * width;

const tasks = {
  begin({ module }) {
    engine = instantiate(module);
    return {};
  },

  // A network from its recipe and weights, under a number; `description` as the engine gives it.
  open({ number, recipe, weights }) {
    const toml = new TextEncoder().encode(recipe);
    if (networks[number]) engine.network_free(networks[number].pointer);
    const pointer = required(withCopies([toml, weights], (text, values) => engine.network(text, toml.length, values, weights.length)));
    const description = JSON.parse(textAt(engine.network_description(pointer)));
    networks[number] = { pointer, description };
    return { description };
  },

  // The drawing as the networks see it, and what they say: logits by network.
  answer({ drawing, height, width, shape, pixels }) {
    let digit = pixels;
    if (!digit) {
      digit = new Uint8Array(size(shape));
      withCopies([drawing, digit], (from, to) => {
        if (engine.fit_digit(from, height, width, to, ...shape) === 1) digit.set(bytesAt(to, digit.length));
        else digit = null;
      });
    }
    if (!digit) return { digit: null, logits: [] };
    const logits = withCopies([digit], image => networks.map(({ pointer, description }) =>
      floatsAt(required(engine.network_logits(pointer, image)), description.classes)));
    return { digit, logits };
  },

  // What happens inside a network: its layers' outputs, and the evidence for a class.
  look({ number, pixels, label }) {
    const { pointer, description: { input, layers } } = networks[number];
    withCopies([pixels], image => required(engine.network_look(pointer, image)));
    const outputs = layers.map(({ shape }, unit) => floatsAt(engine.network_layer(pointer, unit), size(shape)));
    const evidence = engine.network_evidence(pointer, label);
    return { outputs, evidence: evidence ? floatsAt(evidence, input[1] * input[2]) : null };
  },

  // Begins a training, which sends messages without an id.
  train({ recipe, images }) {
    running = false;
    if (training) engine.training_free(training);
    training = 0;
    const toml = new TextEncoder().encode(recipe);
    const { train, trainLabels, test, testLabels, shape } = images;
    training = required(withCopies([toml, train, trainLabels, test, testLabels], (text, a, b, c, d) =>
      engine.training(text, toml.length, a, b, trainLabels.length, c, d, testLabels.length, ...shape)));
    resume();
    return {};
  },

  pause() {
    running = false;
    return {};
  },
  resume() {
    if (training && !running) resume();
    return {};
  },

  // The trained network, to draw with elsewhere.
  take() {
    return { resolved: textAt(engine.training_recipe(training)), weights: floatsAt(engine.training_weights(training), engine.training_weights_count(training)) };
  },
};

// Trains for about a tenth of a second at a time, so that messages get their turn.
function resume() {
  running = true;
  let batches = 1;
  const step = () => {
    if (!running) return;
    try {
      const start = performance.now();
      const progress = JSON.parse(textAt(required(engine.training_run(training, batches))));
      const seconds = (performance.now() - start) / 1000;
      batches = Math.min(200, Math.max(1, Math.round(batches * .1 / Math.max(seconds, .005))));
      const over = engine.training_is_over(training) === 1;
      const evaluation = progress.ended ? JSON.parse(textAt(required(engine.training_evaluate(training)))) : null;
      running = !over;
      postMessage({ progress, seconds, evaluation, over });
      setTimeout(step);
    } catch (error) {
      running = false;
      postMessage({ failed: error.message });
    }
  };
  setTimeout(step);
}

if (typeof onmessage !== 'undefined') {
  onmessage = ({ data }) => {
    let reply;
    try {
      reply = tasks[data.task](data);
    } catch (error) {
      reply = { error: error.message };
    }
    postMessage({ ...reply, id: data.id });
  };
}
