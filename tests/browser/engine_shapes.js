// A drawing becomes an image of the networks' shape, whatever that is: engine_shapes.js PAGE
'use strict';
const { load } = require('./engine.js');
const { tasks, facts } = load(process.argv[2]);
const drawing = new Uint8Array(48 * 48).map((_, at) => at % 48 > 20 && at % 48 < 26 && at > 480 && at < 1820 ? 255 : 0);
const { digit, logits: [logits] } = tasks.answer({ drawing, height: 48, width: 48, shape: facts.shape });
const [channels, height, width] = facts.shape;
const first = digit.subarray(0, height * width);
const same = [...Array(channels).keys()].every(channel => first.every((value, at) => value === digit[channel * height * width + at]));
const { outputs } = tasks.look({ number: 0, pixels: digit, label: 0 });
console.log(`${facts.shape}: ${digit.length} pixels, ${same ? 'alike' : 'unlike'} channels, ${logits.length} logits, ` +
  `${[...logits, ...outputs.flatMap(output => [...output])].every(Number.isFinite) ? 'all finite' : 'not all finite'}; ${facts.classes.slice(0, 2)}`);
