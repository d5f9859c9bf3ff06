/** Seam: the pure choice from the windows; ranks and fitness are given. */
import { describe, expect, it } from "vitest";
import { chooseJob, chooseNext, MAX_CLAIM_NEXT, type Chooser, type Offer } from "./choose.ts";
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

  it("names for a next claim only the most urgent jobs, the ones it ranks first for before the others", () => {
    const offers = ["1", "2", "3", "4", "5", "6"].map((id) => offer(id, id === "6" ? 5 : 10));
    expect(chooseNext(offers, chooser()).map(({ job }) => job.id)).toEqual(["6"]);
    const named = chooseNext(offers.slice(0, 5), chooser({ 1: 2, 2: 1, 3: 0, 4: 3, 5: 4 }));
    expect(named.map(({ job }) => job.id)).toEqual(["3", "2", "1", "4"]);
    expect(named).toHaveLength(MAX_CLAIM_NEXT);
  });
});
