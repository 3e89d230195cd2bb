// The engine of a playground's page, outside of a browser: its worker's tasks, what it says without being asked, and the
// page's facts.
'use strict';
const fs = require('fs');
const zlib = require('zlib');

exports.load = page => {
  const html = fs.readFileSync(page, 'utf8');
  const block = id => html.match(new RegExp(`<script [^>]*id="${id}">([\\s\\S]*?)</script>`))[1];
  const news = [];
  const tasks = new Function('postMessage', `${block('worker')}; return tasks;`)(message => news.push(message));
  tasks.begin({ module: new WebAssembly.Module(zlib.gunzipSync(Buffer.from(block('engine'), 'base64'))) });
  const facts = JSON.parse(block('playground'));
  facts.runs.forEach(({ recipe, weights }, number) => {
    const bytes = Uint8Array.from(Buffer.from(weights, 'base64'));
    tasks.open({ number, recipe, weights: new Float32Array(bytes.buffer) });
  });
  return { tasks, news, facts };
};
