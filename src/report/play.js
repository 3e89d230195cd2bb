// The playground: a drawing and what networks make of it, and a training in the browser. The engine runs in two workers
// (play_worker.js), so that one can be drawn with while another is trained.
'use strict';
(() => {
  const at = id => document.getElementById(id);
  const facts = JSON.parse(at('playground').textContent);
  const [channels, height, width] = facts.shape;
  const pixels = channels * height * width;
  const root = document.documentElement;
  const colour = name => getComputedStyle(root).getPropertyValue('--' + name).trim();
  const percent = share => `${(100 * share).toFixed(share > .9995 || share < .0005 ? 0 : 1)} %`;
  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  // What the page carries, unpacked.

  function bytesOf(base64) {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
    const letters = atob(base64);
    const bytes = new Uint8Array(letters.length);
    for (let i = 0; i < letters.length; ++i) bytes[i] = letters.charCodeAt(i);
    return bytes;
  }

  async function unpacked(id, format) {
    const bytes = bytesOf(at(id).textContent);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream(format));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  let images = null;
  async function unpackImages() {
    const bytes = await unpacked('images', 'deflate');
    let place = 0;
    const next = count => bytes.subarray(place, place += count);
    images = { shape: facts.shape };
    for (const [name, count] of [['train', facts.train], ['test', facts.test]]) {
      images[name] = next(count * pixels);
      images[name + 'Labels'] = next(count);
    }
    images.examples = bytes.subarray(place);
  }

  // A worker whose messages are answered.
  class Helper {
    constructor(module, onNews = () => {}) {
      const source = new Blob([at('worker').textContent], { type: 'text/javascript' });
      this.worker = new Worker(URL.createObjectURL(source));
      this.waiting = new Map();
      this.last = 0;
      this.worker.onmessage = ({ data }) => {
        const waits = this.waiting.get(data.id);
        if (!waits) return onNews(data);
        this.waiting.delete(data.id);
        if (data.error === undefined) waits.resolve(data);
        else waits.reject(new Error(data.error));
      };
      this.ask('begin', { module });
    }

    ask(task, content = {}) {
      const id = ++this.last;
      return new Promise((resolve, reject) => {
        this.waiting.set(id, { resolve, reject });
        this.worker.postMessage({ ...content, task, id });
      });
    }
  }

  // Drawing.

  const pad = at('pad');
  const ink = pad.getContext('2d', { willReadFrequently: true });
  const view = at('seen').getContext('2d');
  let loaded = null;  // an example's pixels, as long as nobody has drawn on it
  let drawn = null;   // the rectangle with all strokes: left, top, right, bottom

  function clear() {
    ink.fillStyle = '#000';
    ink.fillRect(0, 0, pad.width, pad.height);
    loaded = drawn = null;
    for (const id of ['turn', 'smudge']) at(id).value = 0;
    showSliders();
    refresh();
  }

  function place(event) {
    const box = pad.getBoundingClientRect();
    return [(event.clientX - box.left) * pad.width / box.width, (event.clientY - box.top) * pad.height / box.height];
  }

  const lines = new Map();  // the last place of each pointer
  function stroke(event) {
    const from = lines.get(event.pointerId);
    if (!from) return;
    event.preventDefault();
    const parts = event.getCoalescedEvents?.() ?? [];
    line([from, ...parts.map(place), place(event)]);
    lines.set(event.pointerId, place(event));
  }

  // A stroke through these places.
  function line(places) {
    ink.lineWidth = Number(at('pen').value);
    ink.lineCap = ink.lineJoin = 'round';
    ink.strokeStyle = '#fff';
    ink.beginPath();
    ink.moveTo(...places[0]);
    // (An example below the strokes reaches everywhere.)
    drawn ??= loaded ? [0, 0, pad.width, pad.height] : [pad.width, pad.height, 0, 0];
    for (const [x, y] of places) {
      ink.lineTo(x, y);
      drawn = [Math.min(drawn[0], x), Math.min(drawn[1], y), Math.max(drawn[2], x), Math.max(drawn[3], y)];
    }
    ink.stroke();
    loaded = null;
    refresh();
  }

  pad.addEventListener('pointerdown', event => {
    pad.setPointerCapture(event.pointerId);
    lines.set(event.pointerId, place(event));
    stroke(event);
  });
  pad.addEventListener('pointermove', stroke);
  for (const type of ['pointerup', 'pointercancel']) pad.addEventListener(type, event => lines.delete(event.pointerId));

  // With the keyboard: a pen that the arrow keys move, and Space puts down or lifts.
  const pen = { x: pad.width / 2, y: pad.height / 4, down: false };
  pad.addEventListener('keydown', event => {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key === ' ') pen.down = !pen.down;
    else if (event.key === 'Delete' || event.key === 'Backspace') clear();
    else if (!moves[event.key]) return;
    event.preventDefault();
    const [x, y] = moves[event.key] ?? [0, 0];
    const before = [pen.x, pen.y];
    pen.x = Math.min(pad.width, Math.max(0, pen.x + 8 * x));
    pen.y = Math.min(pad.height, Math.max(0, pen.y + 8 * y));
    at('keys').textContent = `Pen ${pen.down ? 'down' : 'up'}, ${Math.round(pen.x)} from the left, ${Math.round(pen.y)} from the top`;
    if (pen.down) line([before, [pen.x, pen.y]]);
  });

  const small = new OffscreenCanvas(width, height);
  function showImage(values, context, scale = 1, evidence = null) {
    const { canvas } = context;
    canvas.width = width * scale;
    canvas.height = height * scale;
    const image = context.createImageData(width, height);
    for (let i = 0; i < width * height; ++i) {
      const rgb = [0, 1, 2].map(channel => values ? values[Math.min(channel, channels - 1) * width * height + i] : 0);
      const share = evidence ? .85 * evidence[i] : 0;
      const heat = [255, 157, 46];
      for (let channel = 0; channel < 3; ++channel) image.data[4 * i + channel] = (1 - share) * rgb[channel] + share * heat[channel];
      image.data[4 * i + 3] = 255;
    }
    small.getContext('2d').putImageData(image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(small, 0, 0, canvas.width, canvas.height);
  }

  // A plane turned by an angle and blurred by a radius in pixels, bilinearly.
  function changed(plane, rows, columns, degrees, radius) {
    let result = plane;
    if (degrees !== 0) {
      const [sine, cosine] = [Math.sin(degrees * Math.PI / 180), Math.cos(degrees * Math.PI / 180)];
      result = new Uint8Array(rows * columns);
      const value = (row, column) => row < 0 || column < 0 || row >= rows || column >= columns ? 0 : plane[row * columns + column];
      for (let row = 0; row < rows; ++row) {
        for (let column = 0; column < columns; ++column) {
          const [y, x] = [row - (rows - 1) / 2, column - (columns - 1) / 2];
          const [v, u] = [cosine * y - sine * x + (rows - 1) / 2, sine * y + cosine * x + (columns - 1) / 2];
          const [top, left] = [Math.floor(v), Math.floor(u)];
          const [b, a] = [v - top, u - left];
          result[row * columns + column] = (1 - b) * ((1 - a) * value(top, left) + a * value(top, left + 1)) +
            b * ((1 - a) * value(top + 1, left) + a * value(top + 1, left + 1));
        }
      }
    }
    // Three box blurs are nearly a Gaussian one.
    for (let pass = 0; radius >= .5 && pass < 3; ++pass) {
      for (const [lines, length, step, jump] of [[rows, columns, 1, columns], [columns, rows, columns, 1]]) {
        const reach = Math.max(1, Math.round(radius));
        const next = new Uint8Array(rows * columns);
        for (let line = 0; line < lines; ++line) {
          let sum = 0;
          for (let i = -reach; i < length; ++i) {
            if (i + reach < length) sum += result[line * jump + (i + reach) * step];
            if (i - reach - 1 >= 0) sum -= result[line * jump + (i - reach - 1) * step];
            if (i >= 0) next[line * jump + i * step] = sum / (2 * reach + 1);
          }
        }
        result = next;
      }
    }
    return result;
  }

  // What is to be looked at: an example of the model's size, or a drawing, of a third of the pad's pixels: the engine takes
  // most of its time to cut the digit out.
  function subject() {
    const [degrees, smudge] = [Number(at('turn').value), Number(at('smudge').value)];
    if (loaded) {
      const plane = width * height;
      const result = new Uint8Array(pixels);
      for (let channel = 0; channel < channels; ++channel)
        result.set(changed(loaded.subarray(channel * plane, (channel + 1) * plane), height, width, degrees, smudge / 4), channel * plane);
      return { pixels: result };
    }
    const whole = !drawn || degrees !== 0 || smudge !== 0;
    const margin = Number(at('pen').max);
    const side = pad.width / 3;
    const [left, top, right, bottom] = whole ? [0, 0, side, side] : drawn.map((value, edge) =>
      Math.min(side, Math.max(0, edge < 2 ? Math.floor((value - margin) / 3) : Math.ceil((value + margin) / 3))));
    const [columns, rows] = [right - left, bottom - top];
    const { data } = ink.getImageData(3 * left, 3 * top, 3 * columns, 3 * rows);
    const drawing = new Uint8Array(rows * columns);
    for (let row = 0; row < rows; ++row) {
      for (let column = 0; column < columns; ++column) {
        let sum = 0;
        for (let below = 0; below < 3; ++below) {
          const first = 12 * ((3 * row + below) * columns + column);
          sum += data[first] + data[first + 4] + data[first + 8];
        }
        drawing[row * columns + column] = sum / 9;
      }
    }
    return { drawing: changed(drawing, rows, columns, degrees, smudge * .75), height: rows, width: columns, shape: facts.shape };
  }

  // Networks beside each other.

  const networks = [];
  let helper = null;
  let busy = false;
  let stale = false;

  function card(name, note) {
    const list = make('ol', { className: 'chances' });
    const chances = facts.classes.map(label => {
      const bar = make('i');
      const value = make('span');
      list.append(make('li', {}, make('b', { textContent: label }), make('span', { className: 'track' }, bar), value));
      return { bar, value };
    });
    const seen = make('canvas', { className: 'evidence' });
    seen.setAttribute('role', 'img');
    const inside = make('div', { className: 'inside' });
    const answer = make('output', { className: 'answer' });
    const details = make('details', { open: true }, make('summary', { textContent: 'Inside' }), inside);
    const element = make('article', { className: 'network' }, make('h3', { textContent: name }), make('p', { className: 'lead', textContent: note }),
      answer, make('div', { className: 'beside' }, list, seen), details);
    at('networks').append(element);
    return { name, element, chances, seen, inside, answer, details };
  }

  async function add(name, note, recipe, weights) {
    const known = networks.findIndex(network => network.name === name);
    const number = known < 0 ? networks.length : known;
    const { description } = await helper.ask('open', { number, recipe, weights });
    if (known < 0) networks.push(card(name, note));
    const network = networks[number];
    network.element.querySelector('.lead').textContent = note;
    network.inside.replaceChildren();
    Object.assign(network, { number, layers: description.layers, planes: null });
  }

  function softmax(logits) {
    const most = Math.max(...logits);
    const values = [...logits].map(value => Math.exp(value - most));
    const sum = values.reduce((a, b) => a + b);
    return values.map(value => value / sum);
  }

  function showAnswer(network, logits) {
    const shares = logits ? softmax(logits) : null;
    network.best = shares ? shares.indexOf(Math.max(...shares)) : null;
    network.chances.forEach(({ bar, value }, label) => {
      const share = shares ? shares[label] : 0;
      bar.style.width = `${100 * share}%`;
      value.textContent = shares ? percent(share) : '';
      bar.parentElement.parentElement.classList.toggle('best', label === network.best);
    });
    network.answer.textContent = shares ? `${facts.classes[network.best]} (${percent(shares[network.best])})` : '–';
  }

  // A layer's channels as grey planes side by side.
  function showLayers(network, outputs) {
    network.planes ??= network.layers.slice(0, -1).map(({ name, shape }) => {
      const canvas = make('canvas');
      canvas.setAttribute('role', 'img');
      canvas.setAttribute('aria-label', `Outputs of ${name}: ${shape[0]} planes of ${shape[1]} by ${shape[2]}`);
      network.inside.append(make('figure', {}, make('div', { className: 'planes' }, canvas), make('figcaption', { textContent: `${name}: ${shape[0]} planes of ${shape[1]} × ${shape[2]}` })));
      return canvas;
    });
    network.planes.forEach((canvas, layer) => {
      const [count, rows, columns] = network.layers[layer].shape;
      const values = outputs[layer];
      // Planes of about 40 pixels, in rows that fit a phone.
      const scale = Math.min(10, Math.max(1, Math.round(40 / columns)));
      const across = Math.min(count, Math.max(1, Math.floor(300 / ((columns + 1) * scale))));
      const down = Math.ceil(count / across);
      canvas.width = across * (columns + 1) - 1;
      canvas.height = down * (rows + 1) - 1;
      canvas.style.width = `${canvas.width * scale}px`;
      const most = values.reduce((a, b) => Math.max(a, b), 1e-9);
      const image = canvas.getContext('2d').createImageData(canvas.width, canvas.height);
      for (let plane = 0; plane < count; ++plane) {
        const [top, left] = [Math.floor(plane / across) * (rows + 1), plane % across * (columns + 1)];
        for (let row = 0; row < rows; ++row) {
          for (let column = 0; column < columns; ++column) {
            const grey = 255 * Math.max(0, values[(plane * rows + row) * columns + column]) / most;
            const to = 4 * ((top + row) * canvas.width + left + column);
            image.data[to] = image.data[to + 1] = image.data[to + 2] = grey;
            image.data[to + 3] = 255;
          }
        }
      }
      canvas.getContext('2d').putImageData(image, 0, 0);
    });
  }

  const answerTimes = [];  // milliseconds, of the last hundred
  async function answer() {
    const start = performance.now();
    const { digit, logits } = await helper.ask('answer', subject());
    networks.forEach((network, number) => showAnswer(network, digit ? logits[number] : null));
    showImage(digit, view, 4);
    answerTimes.push(performance.now() - start);
    if (answerTimes.length > 100) answerTimes.shift();
    root.dataset.answerMs = [...answerTimes].sort((a, b) => a - b)[Math.floor(answerTimes.length / 2)].toFixed(1);
    if (!root.dataset.firstMs) root.dataset.firstMs = performance.now().toFixed(0);
    if (!digit) {
      at('hint').textContent = drawn ? 'Nothing stands out from the background yet.' : 'Draw a digit, or click on a test image below.';
      return;
    }
    at('hint').textContent = '';
    for (const network of networks) {
      if (stale || !network.details.open) continue;
      const { outputs, evidence } = await helper.ask('look', { number: network.number, pixels: digit, label: network.best });
      showLayers(network, outputs);
      network.seen.setAttribute('aria-label', `Where the evidence for ${facts.classes[network.best]} is`);
      showImage(digit, network.seen.getContext('2d'), 4, evidence);
      root.dataset.lookMs = (performance.now() - start).toFixed(1);
    }
  }

  // One question at a time; the newest drawing is asked about next.
  async function refresh() {
    if (!helper) return;
    stale = true;
    root.dataset.busy = '';
    if (busy) return;
    busy = true;
    try {
      while (stale) {
        stale = false;
        await new Promise(requestAnimationFrame);
        await answer();
      }
    } catch (error) {
      at('hint').textContent = error.message;
    } finally {
      busy = false;
      delete root.dataset.busy;
    }
  }

  function showSliders() {
    at('turnValue').textContent = `${at('turn').value}°`;
    at('smudgeValue').textContent = at('smudge').value;
    at('penValue').textContent = at('pen').value;
  }

  function showExamples() {
    facts.exampleNotes.forEach((note, index) => {
      const canvas = make('canvas');
      const values = images.examples.subarray(index * pixels, (index + 1) * pixels);
      showImage(values, canvas.getContext('2d'));
      const button = make('button', { type: 'button', title: note }, canvas);
      button.setAttribute('aria-label', note);
      button.classList.toggle('wrong', index < facts.wrong);
      button.addEventListener('click', () => {
        clear();
        ink.imageSmoothingEnabled = true;
        ink.drawImage(canvas, 0, 0, pad.width, pad.height);
        loaded = values;
        at('chosen').textContent = note;
        refresh();
      });
      at('examples').append(button);
    });
  }

  // Training.

  const curves = { loss: [], accuracy: [] };
  const charts = {};
  let trainer = null;
  let module = null;

  function chart(id, label, scale) {
    charts[id] = new Chart(at(id), {
      type: 'line',
      data: { datasets: [{ label, data: curves[id], borderWidth: 2, pointRadius: id === 'loss' ? 0 : 3 }] },
      options: {
        animation: false, maintainAspectRatio: false, parsing: false,
        scales: { x: { type: 'linear', min: 0, title: { display: true, text: 'epoch' } }, y: { ...scale, title: { display: true, text: label } } },
        plugins: { legend: { display: false } },
      },
    });
  }

  function recolour() {
    Object.values(charts).forEach((one, index) => {
      one.data.datasets[0].borderColor = one.data.datasets[0].backgroundColor = colour('c' + index);
      for (const scale of Object.values(one.options.scales)) {
        scale.ticks = { ...scale.ticks, color: colour('muted') };
        scale.grid = { color: colour('rule'), borderColor: colour('rule') };
        scale.title.color = colour('muted');
      }
      one.update('none');
    });
  }

  function showConfusion(confusion) {
    const names = facts.classes;
    const head = make('tr', {}, make('th'), ...names.map(name => make('th', { textContent: name })));
    const rows = confusion.map((counts, label) => make('tr', {}, make('th', { textContent: names[label] }), ...counts.map((count, other) => {
      const share = count / Math.max(1, counts.reduce((a, b) => a + b));
      const cell = make('td', { textContent: count || '' });
      cell.className = label === other ? 'right' : share > .1 ? 'h4' : share > .05 ? 'h3' : share > .02 ? 'h2' : count ? 'h1' : '';
      return cell;
    })));
    at('confusion').replaceChildren(make('p', { className: 'lead', textContent: 'Test images by their class (rows) and what they are taken for (columns)' }), make('table', { className: 'confusion dense' }, make('thead', {}, head), make('tbody', {}, ...rows)));
  }

  const speed = { images: 0, seconds: 0 };
  function onNews(news) {
    if (news.failed) return fail(news.failed);
    const { progress, evaluation } = news;
    const done = progress.epoch - 1 + progress.batch / progress.batches;
    const smooth = curves.loss.length ? .9 * curves.loss.at(-1).y + .1 * progress.loss : progress.loss;
    curves.loss.push({ x: done, y: smooth });
    const images = progress.images - (progress.epoch === speed.epoch ? speed.done : 0);
    Object.assign(speed, { epoch: progress.epoch, done: progress.images, images: speed.images + images, seconds: speed.seconds + news.seconds });
    root.dataset.imagesPerSecond = (speed.images / speed.seconds).toFixed(0);
    if (evaluation) {
      curves.accuracy.push({ x: progress.epoch, y: evaluation.accuracy });
      showConfusion(evaluation.confusion);
      at('take').disabled = false;
    }
    for (const one of Object.values(charts)) {
      one.options.scales.x.max = progress.epochs;
      one.update('none');
    }
    const accuracy = curves.accuracy.length ? `, ${curves.accuracy.at(-1).y.toFixed(1)} % of the test images` : '';
    at('state').textContent = `${news.over ? 'Finished' : 'Training'}: epoch ${progress.epoch} of ${progress.epochs}, ` +
      `${(100 * progress.correct / progress.images).toFixed(1)} % of the training images${accuracy}; ${Number(root.dataset.imagesPerSecond).toLocaleString('en')} images a second`;
    if (news.over) {
      root.dataset.trained = progress.epochs;
      at('pause').disabled = true;
    }
  }

  // An error that names a line goes there: "recipe:12:3: ...".
  function fail(message) {
    at('problem').textContent = message;
    at('problem').hidden = false;
    at('pause').disabled = true;
    const [, line] = message.match(/^recipe:(\d+):/) ?? [];
    if (!line) return;
    const text = at('recipe').value.split('\n');
    const start = text.slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0);
    at('recipe').focus();
    at('recipe').setSelectionRange(start, start + (text[line - 1] ?? '').length);
    at('recipe').scrollTop = Math.max(0, (line - 5) * at('recipe').scrollHeight / text.length);
  }

  async function train() {
    at('problem').hidden = true;
    curves.loss.length = curves.accuracy.length = 0;
    Object.assign(speed, { images: 0, seconds: 0, done: 0, epoch: 0 });
    at('confusion').replaceChildren();
    delete root.dataset.trained;
    trainer ??= new Helper(module, onNews);
    at('state').textContent = 'Beginning';
    try {
      await trainer.ask('train', { recipe: at('recipe').value, images });
      at('pause').disabled = false;
      at('pause').textContent = 'Pause';
      at('take').disabled = true;
    } catch (error) {
      at('state').textContent = '';
      fail(error.message);
    }
  }

  at('train').addEventListener('click', train);
  at('pause').addEventListener('click', () => {
    const pausing = at('pause').textContent === 'Pause';
    trainer.ask(pausing ? 'pause' : 'resume');
    at('pause').textContent = pausing ? 'Go on' : 'Pause';
  });
  at('take').addEventListener('click', async () => {
    const { weights, resolved } = await trainer.ask('take');
    const epochs = curves.accuracy.length;
    await add('Trained here', `${epochs} ${epochs === 1 ? 'epoch' : 'epochs'} on ${facts.train.toLocaleString('en')} images`, resolved, weights);
    choose('draw');
    refresh();
  });
  at('step').addEventListener('change', () => { at('recipe').value = facts.recipes[at('step').value].text; });

  // Tabs.

  const tabs = [...document.querySelectorAll('[role=tab]')];
  function choose(name) {
    for (const tab of tabs) {
      const chosen = tab.id === 'tab-' + name;
      tab.setAttribute('aria-selected', chosen);
      tab.tabIndex = chosen ? 0 : -1;
      at(tab.getAttribute('aria-controls')).hidden = !chosen;
    }
    if (name === 'training' && !charts.loss) {
      chart('loss', 'loss of the batches, smoothed', { beginAtZero: true });
      chart('accuracy', 'test accuracy, %', { suggestedMin: 90, max: 100 });
      recolour();
    }
  }
  tabs.forEach((tab, index) => {
    tab.addEventListener('click', () => choose(tab.id.slice(4)));
    tab.addEventListener('keydown', event => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step) return;
      const next = tabs[(index + step + tabs.length) % tabs.length];
      next.focus();
      next.click();
    });
  });

  at('clear').addEventListener('click', () => { clear(); at('chosen').textContent = ''; });
  for (const id of ['pen', 'turn', 'smudge']) at(id).addEventListener('input', () => { showSliders(); if (id !== 'pen') refresh(); });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', recolour);

  async function begin() {
    clear();
    facts.recipes.forEach(({ title }, index) => at('step').append(make('option', { value: index, textContent: title })));
    at('step').value = facts.chosen;
    at('recipe').value = facts.recipes[facts.chosen].text;
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    module = await WebAssembly.compile(await unpacked('engine', 'gzip'));
    helper = new Helper(module);
    for (const { name, note, recipe: text, weights } of facts.runs) {
      await add(name, note, text, new Float32Array(bytesOf(weights).buffer));
    }
    refresh();
    await unpackImages();
    showExamples();
    at('train').disabled = false;
    root.dataset.ready = performance.now().toFixed(0);
  }
  begin().catch(error => { at('hint').textContent = `The engine did not start: ${error.message}`; });
})();
