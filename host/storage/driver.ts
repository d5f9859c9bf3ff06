/**
 * The port between the host and a SQLite binding: synchronous, prepared statements, BLOBs as Buffers.
 * Text holds no NUL character (libsql cuts it there); JSON escapes them.
 * `node:sqlite` and `libsql` implement it; the conformance test runs on each that this Node has.
 */
export type SqlValue = null | number | bigint | string | Buffer;
export type SqlRow = Record<string, SqlValue>;

export interface Statement {
  /** Runs a statement that returns no rows. */
  run(params?: readonly SqlValue[]): void;
  /** The first row, or undefined. */
  get(params?: readonly SqlValue[]): SqlRow | undefined;
  all(params?: readonly SqlValue[]): SqlRow[];
}

export interface Driver {
  readonly name: "node:sqlite" | "libsql";
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}
