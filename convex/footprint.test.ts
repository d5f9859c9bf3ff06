/**
 * Which rows claims and reports touch. Convex aborts a mutation when another one wrote a row that it read, so sixteen
 * runners get along only if the rows that one claim or static report writes are none that another one reads. Ranges
 * are recorded as the rows that they gave.
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import { ended, openQueue, type Queue } from "./queue.testkit.ts";
import { claimJob } from "./model/claim/claim.ts";
import { drain } from "./model/fanOut/drain.ts";
import { takeReport } from "./model/attempts/report.ts";
import { begin } from "./model/access/access.ts";
import type { ScopedTx } from "./model/shared/tx.ts";

afterEach(() => vi.useRealTimers());

interface Footprint {
  read: Set<string>;
  written: Set<string>;
}

/** Runs one step of the model and records the rows it read and wrote. */
async function footprint<T>(
  q: Queue,
  step: (ctx: ScopedTx) => Promise<T>,
): Promise<Footprint & { result: T }> {
  const read = new Set<string>();
  const written = new Set<string>();
  const result = await q.t.run(async (ctx) => {
    const namespace = (await ctx.db.query("namespaces").collect()).find(({ name }) => name === "main");
    if (namespace === undefined) throw new Error("no namespace");
    const note = (row: unknown) => {
      for (const one of Array.isArray(row) ? row : [row])
        if (one !== null) read.add((one as { _id: string })._id);
      return row;
    };
    const watched = (query: object): object =>
      new Proxy(query, {
        get:
          (target, name) =>
          (...args: unknown[]) => {
            const value = (target as Record<string | symbol, (...a: unknown[]) => unknown>)[name]?.(...args);
            return ["first", "unique", "take", "collect"].includes(String(name))
              ? (value as Promise<unknown>).then(note)
              : watched(value as object);
          },
      });
    const db = new Proxy(ctx.db, {
      get: (target, name) => {
        const method = (target as unknown as Record<string | symbol, (...a: unknown[]) => unknown>)[name];
        return (...args: unknown[]) => {
          if (name === "query") return watched(method?.apply(target, args) as object);
          if (name === "patch" || name === "delete") written.add(String(args[1]));
          const value = method?.apply(target, args);
          return name === "get" ? (value as Promise<unknown>).then(note) : value;
        };
      },
    });
    const tx = begin({ db, scheduler: ctx.scheduler });
    const answer = await step({ ...tx, namespace, caller: { role: "admin", namespaces: "*", pools: "*" } });
    await drain(tx);
    return answer;
  });
  return { read, written, result };
}

const overlap = (a: ReadonlySet<string>, b: ReadonlySet<string>) => [...a].filter((id) => b.has(id));

describe("claims of different jobs by different sessions", () => {
  it("write nothing that another one reads", async () => {
    const q = await openQueue();
    await q.insert(
      await q.create(),
      ...Array.from({ length: 17 }, (_, i) => ({ type: "implement" as const, lock: `l${i}` })),
    );
    // The first claim makes the assignment active: once.
    await q.claim(await q.startSession(), "1.17");
    const prints: Footprint[] = [];
    for (let i = 0; i < 16; i += 1) {
      const session = await q.startSession({ runner: `r${i}` });
      const print = await footprint(q, (ctx) => claimJob(ctx, { session, job: `1.${i + 1}` }));
      expect(print.result).not.toBeNull();
      prints.push(print);
    }
    for (const [i, a] of prints.entries()) {
      for (const [j, b] of prints.entries()) if (i !== j) expect(overlap(a.written, b.read)).toEqual([]);
    }
  });

  it("read few rows, however long the queue is", { timeout: 60_000 }, async () => {
    const q = await openQueue();
    const assignment = await q.create();
    const sizes: number[] = [];
    for (const more of [1, 400]) {
      await q.insert(assignment, ...Array.from({ length: more }, () => ({})));
      const session = await q.startSession({ runner: `r${more}` });
      const { read } = await footprint(q, (ctx) => claimJob(ctx, { session, job: `1.${more}` }));
      sizes.push(read.size);
    }
    expect(sizes[1]).toBe(sizes[0]);
    expect(sizes[0]).toBeGreaterThan(4);
    expect(sizes[0]).toBeLessThan(12);
  });
});

describe("a report under static", () => {
  it("writes nothing that claims of other jobs read", async () => {
    const q = await openQueue();
    await q.insert(await q.create(), {}, {}, {}, {});
    const sessions = [await q.startSession(), await q.startSession({ runner: "r2" })];
    const [one = "", two = ""] = sessions;
    await q.claim(one, "1.1");
    const { _id } = await q.row("1.1");
    const fence = { job: _id, attempt: 1, session: one };
    const claim = await footprint(q, (ctx) => claimJob(ctx, { session: two, job: "1.2" }));
    const report = await footprint(q, (ctx) =>
      takeReport(ctx, {
        fence,
        ended: ended({ profile: "script" }),
        outcome: { kind: "complete", result: "ok" },
      }),
    );
    expect(report.result).toBe("accepted");
    expect(overlap(report.written, claim.read)).toEqual([]);
    expect(overlap(claim.written, report.read)).toEqual([]);
  });
});
