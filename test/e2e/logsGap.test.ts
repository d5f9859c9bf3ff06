/**
 * Seam: `logs -f` as a process whose connection to the backend goes through a proxy that fails; observed are the lines
 * that it prints against what the queue has.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openProxy, type Proxy } from "../chaos/proxy.ts";
import { type Json, openWorkplace, start, type Workplace } from "./support/drover.ts";

/** Counts, and goes on counting where a sign lets it. */
const AGENT = `#!/bin/sh
cat >/dev/null
i=0
while [ ! -e "$1/end" ]; do i=$((i + 1)); echo "line $i"; sleep 0.05; done
echo last
`;

let signs: string;
let place: Workplace;
let proxy: Proxy;
beforeAll(async () => {
  signs = mkdtempSync(join(tmpdir(), "drover-gap-"));
  writeFileSync(join(signs, "agent.sh"), AGENT);
  place = await openWorkplace({
    harnesses: { counter: { type: "command", command: ["sh", join(signs, "agent.sh"), signs] } },
    harnessDefaults: { default: "counter" },
  });
  proxy = await openProxy(Number(new URL(place.url).port));
});
afterAll(async () => {
  writeFileSync(join(signs, "end"), "");
  await place.drover("runner", "stop", "--name", "gap", "--now");
  await proxy.close();
  await place.close();
  rmSync(signs, { recursive: true, force: true });
});

it("logs -f goes on after cuts and a silence, and prints every event once, in order", async () => {
  expect((await place.drover("runner", "start", "--name", "gap")).code).toBe(0);
  const made = await place.drover("create", "Count", "--policy", "static", "--independent");
  const number = String(made.json().number);
  await place.drover("insert-job", number, "--type", "chat", "--harness", "counter", "--context", "count");
  const logs = start(["logs", `${number}.1`, "-f", "--url", proxy.url], { cwd: place.repo, env: place.env });
  let out = "";
  logs.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  const ended = new Promise<number | null>((resolve) => logs.once("close", resolve));
  const untilMore = async () => {
    for (const before = out.length; out.length <= before;) await sleep(20);
  };
  await untilMore();
  for (const fail of [() => proxy.drop(), () => proxy.cutNext()]) {
    fail();
    await untilMore();
  }
  proxy.partition();
  await sleep(500);
  proxy.heal();
  await untilMore();
  writeFileSync(join(signs, "end"), "");
  expect(await ended).toBe(0);
  const lines = out
    .trim()
    .split("\n")
    .map((line): Json => JSON.parse(line));
  expect(lines.map((line) => line.seq)).toEqual(lines.map((_, i) => i));
  expect(lines.at(-1).text).toContain("last");
  expect((await place.drover("logs", `${number}.1`)).json()).toEqual(lines);
});
