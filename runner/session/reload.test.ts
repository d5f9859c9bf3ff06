/** Seam: a daemon over a backend in memory whose offer changes while it runs. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryBackend } from "../../test/support/memoryBackend.ts";
import {
  startTestRunner,
  testPlace,
  type TestPlace,
  type TestRunner,
} from "../../test/support/startTestRunner.ts";
import type { Profile } from "../harness/port.ts";
import type { Reloadable } from "../options.ts";

const late: Profile = { name: "late", type: "command", command: ["sh", "-c", "cat >/dev/null; echo late"] };
let backend: MemoryBackend;
let place: TestPlace;
let runner: TestRunner;
beforeEach(async () => {
  backend = new MemoryBackend();
  place = await testPlace();
  runner = await startTestRunner(backend, place, { slots: 1 });
});
afterEach(async () => {
  await runner.kill();
  await place.remove();
});

const offer = (change: Partial<Reloadable> = {}): Reloadable => ({
  ...{ namespaces: { app: { repos: {}, defaultPath: place.checkout } }, profiles: [], slots: 1 },
  ...{ pools: ["default"], ...change },
});
const offered = () => [...backend.sessions.values()].at(-1)?.profiles ?? [];
const events = () => runner.log.map((entry) => entry.event);

describe("a reload", () => {
  it("makes the runner claim for a profile that it did not have", async () => {
    const job = backend.add("1.1", { type: "chat", class: "agent", cascade: ["late"] });
    await runner.reload(offer({ profiles: [late] }));
    await backend.until(() => job.outcome !== undefined);
    expect(job.outcome).toMatchObject({ kind: "complete", result: "late\n" });
    await backend.until(() => offered().includes("late"));
  });

  it("gives it more slots, and lets what runs go on", async () => {
    const wait = 'touch "$DROVER_JOB.on"; while [ ! -e go ]; do sleep 0.02; done';
    const jobs = ["1.1", "1.2"].map((handle) => backend.add(handle, { context: wait }));
    const isOn = (handle: string) => existsSync(join(place.checkout, `${handle}.on`));
    while (!isOn("1.1")) await sleep(10);
    expect(isOn("1.2")).toBe(false);
    await runner.reload(offer({ slots: 2 }));
    while (!isOn("1.2")) await sleep(10);
    writeFileSync(join(place.checkout, "go"), "");
    await backend.until(() => jobs.every((job) => job.outcome !== undefined));
    expect(jobs.map((job) => job.attempt)).toEqual([1, 1]);
  });

  it("takes a profile away that is no longer configured", async () => {
    await runner.reload(offer({ profiles: [late] }));
    await backend.until(() => offered().includes("late"));
    await runner.reload(offer());
    await backend.until(() => !offered().includes("late"));
  });

  it("takes the secrets of its new profiles out of the log", async () => {
    const leaky: Profile = { ...late, command: ["/nowhere/zz-hidden"], env: { A_KEY: "zz-hidden" } };
    await runner.reload(offer({ profiles: [leaky] }));
    runner.log.length = 0;
    await runner.reload(offer({ profiles: [leaky] }));
    const told = runner.log.find(({ event }) => event === "profile:notOffered");
    expect(told?.detail).toContain("/nowhere/[redacted A_KEY]");
  });

  it("says that a namespace more needs a restart", async () => {
    await runner.reload(offer({ namespaces: { app: { repos: {} }, other: { repos: {} } } }));
    expect(events()).toContain("runner:restartNeeded");
  });
});
