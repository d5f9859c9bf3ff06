/**
 * Seam: a runner process with secrets in its environment, an agent that does its best to give them away, and all
 * bytes that the backend and the runner's log hold afterwards.
 */
import { randomBytes } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { api } from "../../convex/_generated/api.js";
import { queueHost, runnerProcess, untilJob } from "../support/queueHost.ts";

const secret = (prefix: string) => `${prefix}${randomBytes(18).toString("hex")}`;

/** Says it on stdout, on stderr, in an event, in the result, JSON-escaped and cut over two writes; then fails once. */
const AGENT = `cat >/dev/null
leak=$(cat leak)
env > seen.$DROVER_ATTEMPT
echo "$leak" >&2
half=$(printf %s "$leak" | cut -c1-15)
rest=$(printf %s "$leak" | cut -c16-)
printf '{"type":"system","subtype":"init","session_id":"s","model":"m","cwd":"/"}\\n'
printf '{"type":"assistant","message":{"id":"1","role":"assistant","content":[{"type":"text","text":"%s' "$half"
sleep 0.2
printf '%s"}]},"session_id":"s"}\\n' "$rest"
[ -e failed ] || { touch failed; printf '{"type":"result","subtype":"error_during_execution","is_error":true,"result":"API Error: 401 %s","session_id":"s"}\\n' "$leak"; exit 1; }
printf '{"type":"result","subtype":"success","is_error":false,"result":"found %s","session_id":"s","num_turns":1}\\n' "$leak"
`;

describe("secrets of a runner's machine", () => {
  it("reach neither the agent that does not need them, nor the backend, nor the log", async () => {
    const host = await queueHost({ leaseMs: 15_000 });
    const known = secret("zz-canary-");
    const shaped = secret("ghp_");
    await writeFile(join(host.checkout, "leak"), `${known}/${shaped}`);
    await writeFile(join(host.checkout, "agent.sh"), AGENT);
    const command = ["sh", join(host.checkout, "agent.sh")];
    const profile = { type: "command" as const, command, output: "claude" as const };
    const runner = await runnerProcess(
      host,
      {
        profiles: [
          { name: "first", ...profile },
          { name: "second", ...profile },
        ],
      },
      { MY_SERVICE_TOKEN: known },
    );
    const { namespace, admin } = host;
    const { id } = await admin.mutation(api.assignments.create, {
      namespace,
      northStar: "leak",
      policy: "static",
    });
    const inserted = await admin.mutation(api.jobs.insert, {
      ...{ namespace, assignment: id },
      jobs: [{ type: "chat", context: "go", cascade: ["first", "second"] }],
    });
    const handle = inserted.kind === "inserted" ? (inserted.jobs[0]?.handle ?? "") : "";
    const view = await untilJob(host, handle, ({ job }) => ["complete", "failed"].includes(job.status));
    expect(view.job.status).toBe("complete");
    expect(view.job.result).toBe("found [redacted MY_SERVICE_TOKEN]/[redacted GitHub token]");
    expect(view.attempts).toHaveLength(2);
    runner.child.kill("SIGTERM");
    await runner.exited;

    const seen = (await readdir(host.checkout)).filter((name) => name.startsWith("seen."));
    expect(seen).toHaveLength(2);
    for (const name of seen) expect(await readFile(join(host.checkout, name), "utf8")).not.toContain(known);
    const stored = (await readdir(host.home)).filter((name) => name.startsWith("data.sqlite3"));
    const bytes = await Promise.all(stored.map((name) => readFile(join(host.home, name), "latin1")));
    expect(bytes.join("")).toContain("[redacted MY_SERVICE_TOKEN]");
    for (const value of [known, shaped]) {
      expect(bytes.join("").includes(value), "in the backend's file").toBe(false);
      expect(runner.stderr().includes(value), "in the runner's log").toBe(false);
    }
  });
});
