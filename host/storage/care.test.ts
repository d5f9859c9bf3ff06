/**
 * Seam: the data file and what lies beside it, opened by this process as a host opens it. A killed host is a folder
 * copied while the file is open: exactly what is on disk at that moment.
 */
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { tempFolder } from "../fixtures/harness.ts";
import { backUp, restoreBackup } from "./backup.ts";
import { type DataFile, openDataFile } from "./dataFile.ts";
import { openDriver } from "./openDriver.ts";
import { stagedFile } from "./restore.ts";

const HOUR_NS = 3_600_000_000_000n;

async function opened(file: string): Promise<DataFile> {
  const data = await openDataFile(file);
  let isOpen = true;
  const close = () => {
    if (isOpen) data.close();
    isOpen = false;
  };
  onTestFinished(close);
  return { ...data, close };
}

/** One commit as the host makes it: rows and timestamp in one transaction, then the note. */
function commit(data: DataFile, seq: number, ts: bigint): void {
  data.driver.exec("BEGIN IMMEDIATE");
  data.driver.prepare("INSERT INTO docs VALUES (?, ?)").run([seq, `"${"x".repeat(2_000)}${seq}"`]);
  data.driver.prepare("UPDATE meta SET value = ? WHERE key = 'lastTs'").run([ts.toString()]);
  data.driver.exec("COMMIT");
  data.acknowledged(ts);
}

function seqs(data: Pick<DataFile, "driver">): number[] {
  return data.driver
    .prepare("SELECT seq FROM docs ORDER BY seq")
    .all()
    .map((row) => Number(row["seq"]));
}

/** The files as a SIGKILL at this moment leaves them; the lock's holder is this process, so it stays behind. */
function killedCopy(file: string): string {
  const copy = join(tempFolder(), "data.sqlite");
  for (const end of ["", "-wal", ".open"]) {
    if (existsSync(`${file}${end}`)) copyFileSync(`${file}${end}`, `${copy}${end}`);
  }
  return copy;
}

async function killedWith(count: number): Promise<string> {
  const data = await opened(join(tempFolder(), "data.sqlite"));
  for (let i = 1; i <= count; i++) commit(data, i, BigInt(i) * HOUR_NS);
  return killedCopy(join(data.driver.prepare("PRAGMA database_list").get()?.["file"] as string));
}

describe("a data file after a kill", () => {
  it("is checked, has every commit, and says so; after a clean end nothing is said", async () => {
    const data = await opened(await killedWith(5));
    expect(data.notes).toEqual([
      "the last host on this data file was killed; the file was checked and is sound",
    ]);
    expect(seqs(data)).toEqual([1, 2, 3, 4, 5]);
    const file = data.driver.prepare("PRAGMA database_list").get()?.["file"] as string;
    expect(existsSync(`${file}.open`)).toBe(true);
    data.close();
    expect(existsSync(`${file}.open`)).toBe(false);
    expect((await opened(file)).notes).toEqual([]);
  });

  it("whose log ends in half a frame of a commit that nobody was told of is sound", async () => {
    const file = await killedWith(5);
    const whole = readFileSync(`${file}-wal`);
    const data = await opened(file);
    commit(data, 6, 6n * HOUR_NS);
    const torn = killedCopy(file);
    const { size } = statSync(`${torn}-wal`);
    truncateSync(`${torn}-wal`, size - 1_000);
    // The kill came while the commit was being written, so its timestamp had not been noted.
    copyFileSync(`${file}.open`, `${torn}.open`);
    writeFileSync(`${torn}.open`, (5n * HOUR_NS).toString());
    expect(whole.length).toBeGreaterThan(0);
    expect(seqs(await opened(torn))).toEqual([1, 2, 3, 4, 5]);
  });

  it("whose log was cut off is refused, naming the last commit that is missing, until a person accepts", async () => {
    const file = await killedWith(5);
    truncateSync(`${file}-wal`, statSync(`${file}-wal`).size - 1_000);
    const refused = expect(openDataFile(file)).rejects;
    await refused.toThrow(
      "has lost commits that were acknowledged: the last of them is from 1970-01-01T05:00:00.000Z",
    );
    await expect(openDataFile(file)).rejects.toThrow(`remove ${file}.open first`);
    writeFileSync(`${file}.open`, "");
    expect(seqs(await opened(file))).toEqual([1, 2, 3, 4]);
  });

  it("whose log was removed, or whose file was replaced, is refused", async () => {
    const file = await killedWith(3);
    const other = join(tempFolder(), "other.sqlite");
    (await opened(other)).close();
    copyFileSync(other, file);
    truncateSync(`${file}-wal`, 0);
    await expect(openDataFile(file)).rejects.toThrow("or another file lies in its place");
  });

  it("with a broken page is refused, and stays as it is", async () => {
    const file = await killedWith(200);
    const data = await opened(file);
    data.driver.prepare("PRAGMA wal_checkpoint(TRUNCATE)").all();
    const broken = killedCopy(file);
    const bytes = readFileSync(broken);
    bytes.fill(0xab, 8 * 4096, 12 * 4096);
    writeFileSync(broken, bytes);
    await expect(openDataFile(broken)).rejects.toThrow(
      /is damaged: .*Restore a backup with `drover restore`/s,
    );
    expect(readFileSync(broken).equals(bytes)).toBe(true);
  });
});

describe("a backup", () => {
  it("is taken from a file that is being written, is whole, private, and never replaces a file", async () => {
    const data = await opened(join(tempFolder(), "data.sqlite"));
    const file = data.driver.prepare("PRAGMA database_list").get()?.["file"] as string;
    for (let i = 1; i <= 50; i++) commit(data, i, BigInt(i) * HOUR_NS);
    const to = join(tempFolder(), "backup.sqlite");
    const about = await backUp(file, to);
    commit(data, 51, 51n * HOUR_NS);
    expect(about).toMatchObject({ file: to, bytes: statSync(to).size, lastCommitAt: 50 * 3_600_000 });
    expect(statSync(to).mode & 0o777).toBe(0o600);
    const driver = await openDriver(to);
    onTestFinished(() => driver.close());
    expect(seqs({ driver })).toHaveLength(50);
    await expect(backUp(file, to)).rejects.toThrow("exists already");
    await expect(backUp(`${file}x`, `${to}x`)).rejects.toThrow("no data file");
    await expect(backUp(file, join(to, "under-a-file"))).rejects.toThrow("cannot be written");
  });
});

describe("a restore", () => {
  async function withBackup() {
    const data = await opened(join(tempFolder(), "data.sqlite"));
    const file = data.driver.prepare("PRAGMA database_list").get()?.["file"] as string;
    commit(data, 1, HOUR_NS);
    const backup = join(tempFolder(), "backup.sqlite");
    await backUp(file, backup);
    commit(data, 2, 9n * HOUR_NS);
    return { data, file, backup };
  }
  const asides = (file: string) =>
    readdirSync(join(file, ".."))
      .filter((name) => name.includes(".before-"))
      .sort();

  it("keeps the old data aside, and its timestamps go on above what clients have seen", async () => {
    const { data, file, backup } = await withBackup();
    data.close();
    const done = await restoreBackup(backup, file, { atNextStart: false });
    expect(done).toMatchObject({ isInPlace: true, lastCommitAt: 3_600_000 });
    const [aside] = asides(file);
    expect(done.kept).toContain(aside);
    const restored = await opened(file);
    expect(seqs(restored)).toEqual([1]);
    expect(restored.driver.prepare("SELECT value FROM meta WHERE key = 'lastTs'").get()?.["value"]).toBe(
      (9n * HOUR_NS).toString(),
    );
    expect(seqs(await opened(join(file, "..", aside!)))).toEqual([1, 2]);
  });

  it("is refused while a host runs, naming its pid, or waits for the next start", async () => {
    const { data, file, backup } = await withBackup();
    const refused = restoreBackup(backup, file, { atNextStart: false });
    await expect(refused).rejects.toThrow(`in use by the host with pid ${process.pid}`);
    expect(await restoreBackup(backup, file, { atNextStart: true })).toMatchObject({
      isInPlace: false,
      kept: null,
    });
    expect(seqs(data)).toEqual([1, 2]);
    data.close();
    const restored = await opened(file);
    expect(restored.notes[0]).toContain("restored a backup; what was there before is kept in");
    expect(seqs(restored)).toEqual([1]);
  });

  it("of a damaged or foreign file changes nothing", async () => {
    const { data, file, backup } = await withBackup();
    data.close();
    const junk = join(tempFolder(), "junk");
    writeFileSync(junk, "no database, but a text that is long enough to be taken for a header of one");
    await expect(restoreBackup(junk, file, { atNextStart: false })).rejects.toThrow("not a database");
    await expect(restoreBackup(`${backup}x`, file, { atNextStart: false })).rejects.toThrow("no backup");
    const foreign = await openDriver(join(tempFolder(), "foreign.sqlite"));
    foreign.exec("CREATE TABLE t (a)");
    const name = foreign.prepare("PRAGMA database_list").get()?.["file"] as string;
    foreign.close();
    await expect(restoreBackup(name, file, { atNextStart: false })).rejects.toThrow("no data file of a host");
    expect(asides(file)).toEqual([]);
    expect(seqs(await opened(file))).toEqual([1, 2]);
  });

  it.each([1, 2, 3])(
    "that was killed after step %i is finished by the next start, under one name",
    async (step) => {
      const { data, file, backup } = await withBackup();
      const killed = killedCopy(file);
      data.close();
      await restoreBackup(backup, killed, { atNextStart: true });
      const staged = stagedFile(killed);
      utimesSync(staged, 1_000, 1_000);
      const kept = `${killed}.before-1970-01-01T00-16-40-000Z`;
      const { renameSync, rmSync } = await import("node:fs");
      const steps = [
        () => renameSync(killed, kept),
        () => renameSync(`${killed}-wal`, `${kept}-wal`),
        () => rmSync(`${killed}.open`),
      ];
      for (const each of steps.slice(0, step)) each();
      const restored = await opened(killed);
      expect(seqs(restored)).toEqual([1]);
      expect(existsSync(staged)).toBe(false);
      expect(seqs(await opened(kept))).toEqual([1, 2]);
    },
  );
});
