import type { Driver, Statement } from "../storage/driver.ts";

/** A client that was away longer than this may see a resent mutation run again (the real server keeps as long). */
const KEPT_MS = 14 * 24 * 3_600_000;
/** Rows deleted per turn, so that a sweep never holds up mutations. */
const SWEEP_ROWS = 500;

export interface RequestKey {
  readonly session: string;
  readonly request: number;
}
export interface StoredAnswer {
  readonly ts: bigint;
  /** JSON of what was answered. */
  readonly answer: string;
}

/**
 * Answers of mutations by (session, request), written in the mutation's own transaction: a client that lost the
 * connection sends its mutations again, and each runs exactly once.
 */
export class SessionRequests {
  readonly #find: Statement;
  readonly #put: Statement;
  readonly #sweep: Statement;

  constructor(driver: Driver) {
    this.#find = driver.prepare("SELECT ts, answer FROM sess WHERE session = ? AND request = ?");
    this.#put = driver.prepare("INSERT INTO sess (session, request, at, ts, answer) VALUES (?, ?, ?, ?, ?)");
    this.#sweep = driver.prepare(
      `DELETE FROM sess WHERE seq IN (SELECT seq FROM sess ORDER BY seq LIMIT ${SWEEP_ROWS}) AND at < ?`,
    );
  }

  find(key: RequestKey): StoredAnswer | undefined {
    const row = this.#find.get([key.session, key.request]);
    if (row === undefined) return undefined;
    return { ts: BigInt(row["ts"] as string), answer: row["answer"] as string };
  }

  record(key: RequestKey, stored: StoredAnswer): void {
    this.#put.run([key.session, key.request, Date.now(), stored.ts.toString(), stored.answer]);
  }

  /** Deletes a bounded number of the oldest rows that are out of date. */
  sweep(): void {
    this.#sweep.run([Date.now() - KEPT_MS]);
  }
}
