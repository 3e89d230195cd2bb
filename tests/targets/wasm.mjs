// Runs the JavaScript of docs/export.md, "In a browser", on a model: wasm.mjs NAME FOLDER PROGRAM. The test images and
// the logits that they must have are those of NAME_test.c.
import { readFileSync } from "node:fs";

const [name, folder, program] = process.argv.slice(2);
const test = readFileSync(`${folder}/${name}_test.c`, "utf8");
const numbers = (array) => test.match(new RegExp(`${array}\\[\\] FLASH = \\{([^}]*)\\}`))[1].match(/-?\d+/g).map(Number);
const images = Uint8Array.from(numbers("images"));
const expected = numbers("expected");
const count = Number(test.match(/#define IMAGES (\d+)/)[1]);

const page = readFileSync(new URL("../../docs/export.md", import.meta.url), "utf8");
const script = page.split("### In a browser")[1].match(/```js\n([^]*?)```/)[1].replaceAll("small", name);
globalThis.fetch = async () =>
  new Response(readFileSync(program), { headers: { "content-type": "application/wasm" } });
const AsyncFunction = (async () => {}).constructor;
const logitsOf = await new AsyncFunction(`${script}\nreturn logitsOf;`)();

let right = 0;
for (let i = 0; i < count; ++i) {
  const size = images.length / count;
  const logits = logitsOf(images.subarray(i * size, (i + 1) * size));
  const classes = expected.length / count;
  if (expected.slice(i * classes, (i + 1) * classes).every((logit, k) => logit === logits[k])) ++right;
}
console.log(`${name}: ${right} of ${count} images have the expected logits`);
