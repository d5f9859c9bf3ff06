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

/** Says two things; the one in between waits for a sign. The first two profiles then end with a failed login. */
const STUMBLER = `#!/bin/sh
cat >/dev/null
say() { printf '{"type":"assistant","message":{"content":[{"type":"text","text":"%s"}]}}\\n' "$DROVER_ATTEMPT $1"; }
say begins
while [ ! -e "$1/stumble" ]; do sleep 0.05; done
say ends
end='{"type":"result","num_turns":1,"session_id":"s"'
[ "$2" = last ] || { echo "$end"',"subtype":"success","is_error":true,"result":"Invalid API key","api_error_status":401}'; exit 1; }
echo "$end"',"subtype":"success","is_error":false,"result":"done"}'
`;

let signs: string;
let place: Workplace;
const stumbler = (name: string) => ({
  type: "command",
  command: ["sh", join(signs, "stumbler.sh"), signs, name],
  output: "claude",
});
let proxy: Proxy;
beforeAll(async () => {
  signs = mkdtempSync(join(tmpdir(), "drover-gap-"));
  writeFileSync(join(signs, "agent.sh"), AGENT);
  writeFileSync(join(signs, "stumbler.sh"), STUMBLER);
  place = await openWorkplace({
    harnesses: {
      counter: { type: "command", command: ["sh", join(signs, "agent.sh"), signs] },
      ...Object.fromEntries(["one", "two", "last"].map((name) => [name, stumbler(name)])),
    },
    harnessDefaults: { default: "counter" },
    cascade: ["two", "last"],
  });
  proxy = await openProxy(Number(new URL(place.url).port));
  expect((await place.drover("runner", "start", "--name", "gap")).code).toBe(0);
});
afterAll(async () => {
  writeFileSync(join(signs, "end"), "");
  await place.drover("runner", "stop", "--name", "gap", "--now");
  await proxy.close();
  await place.close();
  rmSync(signs, { recursive: true, force: true });
});

function follow(job: string) {
  const logs = start(["logs", job, "-f", "--url", proxy.url], { cwd: place.repo, env: place.env });
  let out = "";
  logs.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  return {
    ended: new Promise<number | null>((resolve) => logs.once("close", resolve)),
    untilMore: async () => {
      for (const before = out.length; out.length <= before;) await sleep(20);
    },
    lines: () =>
      out
        .trim()
        .split("\n")
        .map((line): Json => JSON.parse(line)),
  };
}

it("logs -f goes on after cuts and a silence, and prints every event once, in order", async () => {
  const made = await place.drover("create", "Count", "--policy", "static", "--independent");
  const number = String(made.json().number);
  await place.drover("insert-job", number, "--type", "chat", "--harness", "counter", "--context", "count");
  const { ended, untilMore, lines: linesOf } = follow(`${number}.1`);
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
  const lines = linesOf();
  expect(lines.map((line) => line.seq)).toEqual(lines.map((_, i) => i));
  expect(lines.at(-1).text).toContain("last");
  expect((await place.drover("logs", `${number}.1`)).json()).toEqual(lines);
});

it("logs -f prints the attempts that came and went while its connection was lost", async () => {
  const made = await place.drover("create", "Stumble", "--policy", "static", "--independent");
  const number = String(made.json().number);
  await place.drover("insert-job", number, "--type", "chat", "--harness", "one", "--context", "go");
  const { ended, untilMore, lines } = follow(`${number}.1`);
  await untilMore();
  proxy.partition();
  writeFileSync(join(signs, "stumble"), "");
  for (let status = ""; status !== "complete"; await sleep(50))
    status = String((await place.drover("job", `${number}.1`)).json().job.status);
  proxy.heal();
  expect(await ended).toBe(0);
  const said = lines().filter(({ kind }) => kind === "text");
  expect(said.map(({ text }) => text)).toEqual(
    [1, 2, 3].flatMap((attempt) => [`${attempt} begins`, `${attempt} ends`]),
  );
});
