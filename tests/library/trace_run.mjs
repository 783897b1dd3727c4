// Run emitted networks on cases: node trace_run.mjs networks.mjs cases.json
// Writes what they return to standard output, as JSON.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [, , code, file] = process.argv;
const emitted = await import(pathToFileURL(code));
const arrays = (value) =>
  Array.isArray(value) && typeof value[0] === "number" ? Float64Array.from(value)
    : Array.isArray(value) ? value.map(arrays)
    : value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, arrays(v)]))
    : value;
const plain = (key, value) => (value instanceof Float64Array ? Array.from(value) : value);

const results = JSON.parse(readFileSync(file)).map(({ name, run, sizes, ...rest }) => {
  const given = arrays(rest);
  if (run === "function") return emitted[name](sizes, given.inputs);
  const masks = (t) => (given.masks ? given.masks[t] : {});
  const { params, x, state, dy, dstate } = given;
  const { y, state: last, steps } = emitted[name].forward(sizes, params, x, state, masks);
  return { y, state: last, ...emitted[name].backward(sizes, params, x, steps, dy, dstate, masks) };
});
process.stdout.write(JSON.stringify(results, plain));
