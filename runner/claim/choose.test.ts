/** Seam: the pure choice from the windows; ranks and fitness are given. */
import { describe, expect, it } from "vitest";
import { chooseJob, chooseSome, type Chooser, type Offer } from "./choose.ts";
import { rankDelayMs } from "./turn.ts";

const offer = (id: string, priority: number, more: Partial<Offer> = {}): Offer => ({
  namespace: "app",
  seenAt: 0,
  job: {
    id,
    handle: id,
    type: "script",
    cascade: ["script"],
    priority,
    assignmentNumber: 1,
    number: Number(id),
  },
  ...more,
});
const chooser = (ranks: Record<string, number> = {}, unfit: string[] = []): Chooser => ({
  fits: ({ job }) => !unfit.includes(job.id),
  rank: ({ job }) => ranks[job.id] ?? 0,
});
const chosen = (choice: ReturnType<typeof chooseJob>) =>
  choice.kind === "claim" ? choice.offer.job.id : choice;

describe("the choice of a job", () => {
  it("takes the most urgent one, then the oldest", () => {
    expect(chosen(chooseJob([offer("3", 20), offer("2", 10), offer("1", 10)], chooser(), 0))).toBe("1");
  });

  it("leaves out what does not fit", () => {
    expect(chosen(chooseJob([offer("1", 10), offer("2", 20)], chooser({}, ["1"]), 0))).toBe("2");
    expect(chooseJob([offer("1", 10)], chooser({}, ["1"]), 0)).toEqual({ kind: "none" });
  });

  it("waits for its turn, and takes it when the job is still there", () => {
    const delay = rankDelayMs(3);
    expect(chooseJob([offer("1", 10)], chooser({ 1: 3 }), 0)).toEqual({ kind: "wait", ms: delay });
    expect(chosen(chooseJob([offer("1", 10)], chooser({ 1: 3 }), delay))).toBe("1");
  });

  it("does not wait for one job while another is its own", () => {
    expect(chosen(chooseJob([offer("1", 10), offer("2", 20)], chooser({ 1: 5 }), 0))).toBe("2");
  });

  const ids = (offers: Offer[]) => offers.map(({ job }) => job.id);
  const some = ["1", "2", "3", "4", "5", "6"].map((id) => offer(id, id === "6" ? 5 : 10));

  it("names as many jobs as there are slots, of those for which it comes first", () => {
    const call = { now: 0, slots: 2, carried: false };
    expect(ids(chooseSome(some, chooser(), call))).toEqual(["6", "1"]);
    expect(ids(chooseSome(some, chooser({ 6: 1, 2: 1 }, ["1"]), call))).toEqual(["3", "4"]);
  });

  it("names more beside reports, the urgent one first also before its turn", () => {
    const ranks = chooser({ 1: 2, 2: 1, 3: 0, 4: 3, 5: 4, 6: 5 });
    expect(ids(chooseSome(some, ranks, { now: 0, slots: 1, carried: true }))).toEqual(["6", "3"]);
  });

  it("names one for which others come first where it comes first for none, and no more of them", () => {
    const ranks = chooser({ 1: 0, 2: 0, 3: 0, 4: 2, 5: 1, 6: 3 });
    const call = { now: 10_000, slots: 6, carried: false };
    expect(ids(chooseSome(some.slice(0, 5), ranks, call))).toEqual(["1", "2", "3"]);
    expect(ids(chooseSome(some.slice(3), ranks, call))).toEqual(["6"]);
    expect(ids(chooseSome(some.slice(3), ranks, { ...call, now: 0 }))).toEqual([]);
    expect(ids(chooseSome(some.slice(3, 5), ranks, { ...call, now: 0, carried: true }))).toEqual(["5"]);
  });

  it("asks of each job whether it fits beside those that it names with it", () => {
    const oneOnly = { ...chooser(), fits: (_: Offer, beside: readonly Offer[]) => beside.length < 1 };
    expect(ids(chooseSome(some, oneOnly, { now: 0, slots: 4, carried: true }))).toEqual(["6"]);
  });
});
