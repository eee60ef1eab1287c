// The npm package fhirpath as an oracle: lines {id, file, expression} in, {id, result} or {id, error} out.
import fs from "node:fs";
import readline from "node:readline";
import fhirpath from "fhirpath";
import model from "fhirpath/fhir-context/r4/index.js";

const documents = new Map();
const compiled = new Map();
const document = (file) => {
  if (!documents.has(file)) documents.set(file, JSON.parse(fs.readFileSync(file, "utf8")));
  return documents.get(file);
};
const program = (text) => {
  if (!compiled.has(text)) {
    try {
      compiled.set(text, fhirpath.compile(text, model, { traceFn: () => {} }));
    } catch (error) {
      compiled.set(text, () => { throw error; });
    }
  }
  return compiled.get(text);
};

const out = [];
for await (const line of readline.createInterface({ input: process.stdin })) {
  const { id, file, expression } = JSON.parse(line);
  try {
    const resource = document(file);
    const result = program(expression)(resource, { resource, rootResource: resource });
    if (typeof result.then === "function") throw new Error("asynchronous");
    out.push(JSON.stringify({ id, result: result.map((v) => (v === undefined ? null : v)) }));
  } catch (error) {
    out.push(JSON.stringify({ id, error: String(error.message ?? error).split("\n")[0].slice(0, 200) }));
  }
}
process.stdout.write(out.join("\n") + "\n");
