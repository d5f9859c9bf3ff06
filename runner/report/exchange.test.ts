/** Seam: `Exchange` over calls that the test answers. Observed are the calls, and what the senders get. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { ConvexError } from "convex/values";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Claimed, Exchanged, ExchangeCall, Report } from "../connect/types.ts";
import { Exchange, type Wish } from "./exchange.ts";

interface Sent {
  call: ExchangeCall;
  answer: (answer: Exchanged) => void;
  refuse: (error: unknown) => void;
}

const REFUSED = new ConvexError({ code: "NOT_FOUND", message: "no such job" });

let sent: Sent[];
let single: string[];
let synced: number;
let exchange: Exchange;

beforeEach(() => {
  [sent, single, synced] = [[], [], 0];
  exchange = new Exchange({
    backend: {
      exchange: (call) => new Promise((answer, refuse) => sent.push({ call, answer, refuse })),
      report: ({ fence }) => {
        single.push(fence.job);
        return fence.job === "bad" ? Promise.reject(REFUSED) : Promise.resolve("accepted");
      },
    },
    sync: async () => void (synced += 1),
    log: () => undefined,
  });
});

const report = (job: string): Report => ({
  namespace: "app",
  fence: { job, attempt: 1, session: "s" },
  ended: { profile: "script", harness: "script", verdict: "success", startedAt: 1, endedAt: 2 },
  outcome: { kind: "complete", result: "" },
});
const wish = (change: Partial<Wish> = {}): Wish => ({
  ...{ session: "now", jobs: ["next"], slots: 1 },
  ready: () => Promise.resolve(),
  claimed: vi.fn(),
  failed: vi.fn(),
  ...change,
});
const nextCall = async (): Promise<Sent> => {
  for (;;) {
    const one = sent.shift();
    if (one !== undefined) return one;
    await nextTurn();
  }
};
const jobsIn = ({ call }: Sent) => call.reports.map(({ fence }) => fence.job);
const accepted = ({ call }: Sent): Exchanged => ({
  answers: call.reports.map(() => "accepted"),
  claimed: [],
});

describe("the exchange of a runner", () => {
  it("sends what is there at once, and what comes while a call is under way together with the next", async () => {
    const first = exchange.report(report("a"));
    const call = await nextCall();
    const others = ["b", "c", "d"].map((job) => exchange.report(report(job)));
    await nextTurn();
    expect(sent).toEqual([]);
    call.answer(accepted(call));
    await expect(first).resolves.toBe("accepted");
    const second = await nextCall();
    expect(jobsIn(second)).toEqual(["b", "c", "d"]);
    second.answer({ answers: ["accepted", "already", "lease_lost"], claimed: [] });
    await expect(Promise.all(others)).resolves.toEqual(["accepted", "already", "lease_lost"]);
    expect(synced).toBe(2);
  });

  it("sends no report before it is on disk", async () => {
    let onDisk: () => void = () => undefined;
    const late = new Exchange({
      backend: {
        exchange: (call) => new Promise((answer, refuse) => sent.push({ call, answer, refuse })),
        report: () => Promise.resolve("accepted"),
      },
      sync: () => new Promise((resolve) => (onDisk = resolve)),
      log: () => undefined,
    });
    void late.report(report("a"));
    await nextTurn();
    await nextTurn();
    expect(sent).toEqual([]);
    onDisk();
    expect(jobsIn(await nextCall())).toEqual(["a"]);
  });

  it("claims for the slots that the reports of the same call free", async () => {
    const asked = vi.fn((_: string, freed: number) => (freed > 0 ? wish({ slots: freed }) : undefined));
    exchange.claimBy(asked);
    void exchange.report(report("a"));
    void exchange.report(report("b"));
    const { call } = await nextCall();
    expect(call).toMatchObject({ session: "now", claim: { jobs: ["next"], slots: 2 } });
    expect(asked).toHaveBeenCalledWith("app", 2);
  });

  it("claims without a report when asked, and hands on what came", async () => {
    const one = wish();
    exchange.claimBy(vi.fn<() => Wish | undefined>().mockReturnValueOnce(one));
    exchange.ask("app");
    const call = await nextCall();
    const claimed = [{ job: { id: "next" } } as Claimed];
    call.answer({ answers: [], claimed });
    await vi.waitFor(() => expect(one.claimed).toHaveBeenCalledWith(claimed));
    expect(synced).toBe(0);
  });

  it("hands reports in one by one when they are refused together, so that each gets its own answer", async () => {
    const one = wish();
    exchange.claimBy(vi.fn<() => Wish | undefined>().mockReturnValueOnce(one));
    const good = exchange.report(report("good"));
    const bad = exchange.report(report("bad"));
    (await nextCall()).refuse(REFUSED);
    await expect(good).resolves.toBe("accepted");
    await expect(bad).rejects.toBe(REFUSED);
    expect(single).toEqual(["good", "bad"]);
    expect(one.failed).toHaveBeenCalledWith(REFUSED);
  });

  it("leaves it to the sender to try again when a call fails for another reason", async () => {
    const waiting = exchange.report(report("a"));
    (await nextCall()).refuse(new Error("busy"));
    await expect(waiting).rejects.toThrow("busy");
    expect(single).toEqual([]);
    const again = exchange.report(report("a"));
    const call = await nextCall();
    call.answer(accepted(call));
    await expect(again).resolves.toBe("accepted");
  });

  it("sends the reports when what to claim comes to nothing", async () => {
    const broken = wish({ ready: () => Promise.reject(new Error("fault")) });
    exchange.claimBy(vi.fn<() => Wish | undefined>().mockReturnValueOnce(broken));
    void exchange.report(report("a"));
    const { call } = await nextCall();
    expect(call).toMatchObject({ session: "s", claim: { jobs: [], slots: 0 } });
    expect(broken.failed).toHaveBeenCalled();
  });

  it("sends at most as many reports in a call as the backend takes", async () => {
    for (let i = 0; i < 40; i += 1) void exchange.report(report(String(i)));
    const call = await nextCall();
    expect(call.call.reports).toHaveLength(32);
    call.answer(accepted(call));
    expect((await nextCall()).call.reports).toHaveLength(8);
  });
});
