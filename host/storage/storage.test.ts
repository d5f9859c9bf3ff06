/** Seam: the driver port on every SQLite that this Node has, and the lock on the data file. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { tempFolder } from "../fixtures/harness.ts";
import { HostError } from "../values/errors.ts";
import { openDataFile } from "./dataFile.ts";
import { lockDataFile } from "./dataLock.ts";
import type { Driver } from "./driver.ts";
import { openLibsql } from "./libsqlDriver.ts";
import { nodeSqlite, openNodeSqlite } from "./nodeSqliteDriver.ts";

const builtin = nodeSqlite();
const drivers: [string, (file: string) => Driver][] = [
  ["libsql", openLibsql],
  ...(builtin === undefined
    ? []
    : [
        ["node:sqlite", (file: string) => openNodeSqlite(builtin, file)] as [
          string,
          (file: string) => Driver,
        ],
      ]),
];

describe.each(drivers)("the %s driver", (name, open) => {
  const opened = () => {
    const driver = open(join(tempFolder(), "a.sqlite"));
    onTestFinished(() => driver.close());
    driver.exec("CREATE TABLE t (k BLOB PRIMARY KEY, n, s TEXT) WITHOUT ROWID");
    return driver;
  };

  it("gives BLOBs back as Buffers, in memcmp order, also as the only parameter", () => {
    const driver = opened();
    expect(driver.name).toBe(name);
    const put = driver.prepare("INSERT INTO t VALUES (?, ?, ?)");
    const keys = [[1, 0, 255], [1, 0], [], [255], [1, 0, 0]].map((bytes) => Buffer.from(bytes));
    for (const key of keys) put.run([key, key.length, "x"]);
    const rows = driver.prepare("SELECT k FROM t WHERE k >= ? ORDER BY k").all([Buffer.of(1)]);
    expect(rows.map((row) => [...(row["k"] as Buffer)])).toEqual([[1, 0], [1, 0, 0], [1, 0, 255], [255]]);
    expect(rows.every((row) => Buffer.isBuffer(row["k"]))).toBe(true);
    expect(driver.prepare("SELECT n FROM t WHERE k = ?").get([Buffer.alloc(0)])?.["n"]).toBe(0);
  });

  it("tells a missing row from an empty one, and keeps text and null as they are", () => {
    const driver = opened();
    driver.prepare("INSERT INTO t VALUES (?, ?, ?)").run([Buffer.of(1), null, "ü\n\u{1f600}"]);
    expect(driver.prepare("SELECT n, s FROM t").get()).toMatchObject({ n: null, s: "ü\n\u{1f600}" });
    expect(driver.prepare("SELECT n FROM t WHERE k = ?").get([Buffer.of(9)])).toBeUndefined();
    expect(driver.prepare("SELECT n FROM t WHERE k = ?").all([Buffer.of(9)])).toEqual([]);
  });

  it("nests savepoints inside a transaction", () => {
    const driver = opened();
    const put = driver.prepare("INSERT INTO t VALUES (?, 1, '')");
    driver.exec("BEGIN IMMEDIATE");
    for (const [outer, inner] of [
      [1, 2],
      [3, 4],
    ] as const) {
      driver.exec("SAVEPOINT a");
      put.run([Buffer.of(outer)]);
      driver.exec("SAVEPOINT b");
      put.run([Buffer.of(inner)]);
      driver.exec(outer === 1 ? "ROLLBACK TO b" : "ROLLBACK TO a");
      driver.exec("RELEASE a");
    }
    driver.exec("COMMIT");
    expect(
      driver
        .prepare("SELECT k FROM t")
        .all()
        .map((row) => [...(row["k"] as Buffer)]),
    ).toEqual([[1]]);
  });

  it("keeps what was committed when it is opened again, in WAL mode with full syncs", () => {
    const file = join(tempFolder(), "a.sqlite");
    const first = open(file);
    expect(first.prepare("PRAGMA journal_mode = WAL").get()).toMatchObject({ journal_mode: "wal" });
    first.exec("PRAGMA synchronous = FULL; CREATE TABLE t (n)");
    expect(first.prepare("PRAGMA synchronous").get()).toMatchObject({ synchronous: 2 });
    first.exec("BEGIN; INSERT INTO t VALUES (1); COMMIT; BEGIN; INSERT INTO t VALUES (2)");
    first.close();
    const second = open(file);
    onTestFinished(() => second.close());
    expect(second.prepare("SELECT n FROM t").all()).toMatchObject([{ n: 1 }]);
  });

  it("lets a second connection read the state from before a transaction that is under way", () => {
    const file = join(tempFolder(), "a.sqlite");
    const [writer, reader] = [open(file), open(file)];
    onTestFinished(() => [writer, reader].forEach((driver) => driver.close()));
    writer.prepare("PRAGMA journal_mode = WAL").all();
    writer.exec("CREATE TABLE t (n); INSERT INTO t VALUES (1)");
    const count = reader.prepare("SELECT count(*) AS n FROM t");
    writer.exec("BEGIN IMMEDIATE; INSERT INTO t VALUES (2)");
    expect(count.get()).toMatchObject({ n: 1 });
    expect(() => reader.exec("PRAGMA busy_timeout = 0; BEGIN IMMEDIATE")).toThrow(/locked|busy/i);
    writer.exec("COMMIT");
    expect(count.get()).toMatchObject({ n: 2 });
  });

  it("takes values of many megabytes, and integers as far as a float is exact", () => {
    const driver = opened();
    const key = Buffer.alloc(5_000_000, 7);
    const text = "\u{1f600}".repeat(1_000_000);
    driver.prepare("INSERT INTO t VALUES (?, ?, ?)").run([key, Number.MAX_SAFE_INTEGER, text]);
    const row = driver.prepare("SELECT k, n, s FROM t").get();
    expect((row?.["k"] as Buffer).equals(key)).toBe(true);
    expect([row?.["n"], row?.["s"] === text]).toEqual([Number.MAX_SAFE_INTEGER, true]);
  });

  it("gives the first row for the parameters of this call, whatever the statement was used for before", () => {
    const driver = opened();
    for (let n = 0; n < 5; n++) driver.prepare("INSERT INTO t VALUES (?, ?, '')").run([Buffer.of(n), n]);
    const above = driver.prepare("SELECT n FROM t WHERE n >= ? ORDER BY n");
    expect(above.all([1]).map(({ n }) => n)).toEqual([1, 2, 3, 4]);
    expect(above.get([3])?.["n"]).toBe(3);
    expect(above.all([9])).toEqual([]);
    expect(above.get([0])?.["n"]).toBe(0);
  });

  it("runs one prepared statement again and again, also after a rollback and after the schema changed", () => {
    const driver = opened();
    const put = driver.prepare("INSERT INTO t VALUES (?, ?, '')");
    const count = driver.prepare("SELECT count(*) AS n FROM t");
    driver.exec("BEGIN");
    put.run([Buffer.of(1), 1]);
    driver.exec("ROLLBACK");
    driver.exec("CREATE INDEX i ON t (n)");
    for (let i = 0; i < 1_000; i++) put.run([Buffer.from(`${i}`), i]);
    expect(count.get()).toMatchObject({ n: 1_000 });
    expect(driver.prepare("SELECT n FROM t WHERE n > ? ORDER BY n LIMIT 2").all([500])).toMatchObject([
      { n: 501 },
      { n: 502 },
    ]);
  });

  it("copies itself into a file that a parameter names", () => {
    const driver = opened();
    driver.prepare("INSERT INTO t VALUES (?, 1, '')").run([Buffer.of(1)]);
    const file = join(tempFolder(), "it's a copy.sqlite");
    driver.prepare("VACUUM INTO ?").run([file]);
    const copy = open(file);
    onTestFinished(() => copy.close());
    expect(copy.prepare("SELECT count(*) AS n FROM t").get()).toMatchObject({ n: 1 });
  });

  it("throws on a broken constraint and goes on working", () => {
    const driver = opened();
    const put = driver.prepare("INSERT INTO t VALUES (?, 1, '')");
    put.run([Buffer.of(1)]);
    expect(() => put.run([Buffer.of(1)])).toThrow(/UNIQUE/);
    put.run([Buffer.of(2)]);
    expect(driver.prepare("SELECT count(*) AS n FROM t").get()?.["n"]).toBe(2);
  });
});

describe("the lock of a data file", () => {
  it("is given back, so that the next host may have it", () => {
    const file = join(tempFolder(), "data.sqlite");
    lockDataFile(file)();
    expect(existsSync(`${file}.lock`)).toBe(false);
    lockDataFile(file)();
  });

  it("holds against the same process too, naming the pid", () => {
    const file = join(tempFolder(), "data.sqlite");
    const unlock = lockDataFile(file);
    expect(() => lockDataFile(file)).toThrow(`in use by the host with pid ${process.pid}`);
    unlock();
  });

  it.each([
    [
      "of a process that is gone",
      async () => {
        const child = spawn("true");
        await once(child, "exit");
        return { pid: child.pid, started: "1" };
      },
    ],
    ["of a pid that another process has now", async () => ({ pid: process.pid, started: "1" })],
    ["that was never finished", async () => "half"],
  ])("%s is taken over", async (_what, left) => {
    const file = join(tempFolder(), "data.sqlite");
    writeFileSync(`${file}.lock`, JSON.stringify(await left()));
    const unlock = lockDataFile(file);
    expect(JSON.parse(readFileSync(`${file}.lock`, "utf8")).pid).toBe(process.pid);
    unlock();
  });
});

it("upgrades a data file of an earlier layout, and keeps what is in it", async () => {
  const file = join(tempFolder(), "data.sqlite");
  const first = await openDataFile(file);
  first.driver.exec("DROP TABLE files; DROP TABLE file_urls; DROP TABLE changes; PRAGMA user_version = 1");
  first.driver.exec("INSERT INTO docs VALUES (1, '{}')");
  first.close();
  const second = await openDataFile(file);
  expect(second.driver.prepare("SELECT count(*) AS n FROM docs").get()?.["n"]).toBe(1);
  expect(second.driver.prepare("SELECT count(*) AS n FROM files").get()?.["n"]).toBe(0);
  second.close();
});

it("refuses a data file of a layout that it does not know", async () => {
  const file = join(tempFolder(), "data.sqlite");
  const first = await openDataFile(file);
  first.driver.exec("PRAGMA user_version = 99");
  first.close();
  await expect(openDataFile(file)).rejects.toThrow(HostError);
  await expect(openDataFile(file)).rejects.toThrow("The data file has layout 99, this host knows layout 3");
});
