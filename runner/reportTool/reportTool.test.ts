/** Seam: JSON-RPC lines as an agent CLI writes them, the answers, and the report file. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ReportFile } from "./reportFile.ts";
import { serveReportTool } from "./reportTool.ts";

let dir: string;
let file: string;
let input: PassThrough;
let answers: Map<number, { result?: Record<string, unknown>; error?: unknown }>;
let told: () => void;
let served: Promise<void>;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "drover-report-"));
  file = join(dir, "result.json");
  input = new PassThrough();
  answers = new Map();
  told = () => undefined;
  const output = new PassThrough();
  let rest = "";
  output.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const answer = JSON.parse(line) as { id: number; result?: Record<string, unknown> };
      answers.set(answer.id, answer);
    }
    told();
  });
  served = serveReportTool({ file, version: "1.2.3", streams: { input, output } });
  const client = {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "cli", version: "1" },
  };
  await ask("initialize", client);
  input.write(`${JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" })}\n`);
});
afterEach(async () => {
  input.end();
  await served;
  await rm(dir, { recursive: true });
});

let last = 0;
async function ask(method: string, params: object) {
  const id = (last += 1);
  input.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
  while (!answers.has(id)) await new Promise<void>((resolve) => (told = resolve));
  return answers.get(id);
}
const report = (status: string, text: string) =>
  ask("tools/call", { name: "report", arguments: { status, text } });
const noted = async () => ReportFile.parse(JSON.parse(await readFile(file, "utf8")));

describe("the report tool", () => {
  it("offers one tool, with the states that it takes", async () => {
    const { tools } = (await ask("tools/list", {}))?.result as {
      tools: { name: string; inputSchema: unknown }[];
    };
    expect(tools.map(({ name }) => name)).toEqual(["report"]);
    expect(JSON.stringify(tools[0]?.inputSchema)).toContain('["result","blocked","progress"]');
  });

  it("notes a result, and the last one counts", async () => {
    await report("result", "first");
    await report("result", "second");
    expect(await noted()).toEqual({ result: "second" });
  });

  it("notes what blocks the agent", async () => {
    await report("blocked", "no access to the registry");
    expect(await noted()).toEqual({ blocked: "no access to the registry" });
  });

  it("leaves an earlier result alone on progress", async () => {
    await report("result", "kept");
    await report("progress", "half of it");
    expect(await noted()).toEqual({ result: "kept" });
  });

  it("refuses a text that is blank, or too long for the file that the runner reads", async () => {
    await report("result", "kept");
    for (const text of ["", " \n", "\u0001".repeat(200_000), "x".repeat(300_000)]) {
      const answer = await report("blocked", text);
      expect(answer?.error ?? answer?.result?.isError).toBeTruthy();
    }
    expect(await noted()).toEqual({ result: "kept" });
  });

  it("refuses what is no report", async () => {
    const answer = await report("finished", "x");
    expect(answer?.error ?? answer?.result?.isError).toBeTruthy();
    await expect(noted()).rejects.toThrow("ENOENT");
  });
});
