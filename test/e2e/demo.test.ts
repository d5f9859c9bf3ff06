/** Seam: `drover demo` as a process; what it prints, its exit code, and what is left on the machine. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { drover, start } from "./support/drover.ts";

let tmp: string;
beforeEach(() => (tmp = mkdtempSync(join(tmpdir(), "drover-e2e-"))));
afterEach(() => rmSync(tmp, { recursive: true, force: true }));

/** Command lines of processes that work in our temporary folder. */
const leftProcesses = () =>
  execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line.includes(tmp));

describe("drover demo", () => {
  it("plays plan, implement, a review that finds the fault, the repair and the PM's end, and cleans up", async () => {
    const env = { TMPDIR: tmp, HOME: join(tmp, "unused-home") };
    const call = await drover(["demo", "--json"], { env });
    expect(call).toMatchObject({ code: 0 });
    const result = call.json();
    expect(result.assignment).toMatchObject({
      status: "complete",
      decisions: expect.stringContaining("second review"),
    });
    expect(result.test).toMatchObject({ passed: true });
    const types = (result.jobs as { type: string }[]).map(({ type }) => type);
    expect(types).toEqual([
      "plan",
      "pm",
      "implement",
      "pm",
      "review",
      "pm",
      "implement",
      "pm",
      "review",
      "pm",
    ]);
    expect(result.commits).toHaveLength(3);
    expect(result.diff).toContain("+export function slugify");
    expect(call.stderr).toContain("no model, no key, no network");
    expect(readdirSync(tmp)).toEqual([]);
    expect(leftProcesses()).toEqual([]);
  });

  it("leaves nothing when it is interrupted in the middle of a job", async () => {
    const demo = start(["demo"], { env: { TMPDIR: tmp } });
    let said = "";
    const running = new Promise<void>((resolve, reject) => {
      demo.stderr.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        if (/running/.test(said)) resolve();
      });
      demo.once("exit", () => reject(new Error(`ended early: ${said}`)));
    });
    const ended = new Promise((resolve) => demo.once("close", resolve));
    await running;
    demo.kill("SIGINT");
    expect(await ended).toBe(130);
    expect(readdirSync(tmp)).toEqual([]);
    expect(leftProcesses()).toEqual([]);
  });
});
