/**
 * The official JSON schema of SARIF 2.1.0, as `@microsoft/jest-sarif` (MIT) carries it: its release
 * "2.1.0-rtm.5", the one that SchemaStore publishes. Only the schema is taken from there: its matchers need all of Jest.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import Ajv from "ajv";

const require = createRequire(import.meta.url);
const read = (file: string): object => JSON.parse(readFileSync(file, "utf8")) as object;
const SCHEMA = require.resolve("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json");
const DRAFT_4 = require.resolve("ajv/lib/refs/json-schema-draft-04.json");

// The schema is written in draft 4, which ajv took in last in its version 6. All formats are checked as their RFCs say.
const ajv = new Ajv({ schemaId: "id", format: "full", allErrors: true, meta: false });
ajv.addMetaSchema(read(DRAFT_4));
const validate = ajv.compile(read(SCHEMA));

/** What the schema finds wrong with a log, one line each; empty for a valid one. */
export function sarifProblems(log: unknown): string[] {
  if (validate(log) === true) return [];
  return (validate.errors ?? []).map(({ dataPath, message }) => `${dataPath} ${message}`);
}
