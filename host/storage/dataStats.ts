import { existsSync, statSync } from "node:fs";
import { HostError, messageOf } from "../values/errors.ts";
import { lastCommit } from "./checkDataFile.ts";
import type { Driver } from "./driver.ts";
import { openDriver } from "./openDriver.ts";

export interface TableStats {
  readonly name: string;
  readonly documents: number;
  /** Bytes of the documents as JSON, without their index entries. */
  readonly bytes: number;
  readonly indexes: number;
}
export interface DataStats {
  readonly file: string;
  readonly fileBytes: number;
  /** The log that is not yet folded into the file. */
  readonly logBytes: number;
  /** Pages that deleted rows have left; the next rows use them. */
  readonly freeBytes: number;
  readonly lastCommitAt: number | null;
  readonly tables: readonly TableStats[];
  /** Answers kept for clients that send a mutation again. */
  readonly answers: number;
}

/**
 * Counts what a data file holds, in a connection of its own: a host that works on it is not held up. Reads every
 * document once (some seconds for a million).
 * @throws HostError when there is no data file
 */
export async function dataStats(file: string): Promise<DataStats> {
  if (!existsSync(file)) throw new HostError(`There is no data file ${file} yet.`);
  const driver = await openDriver(file);
  try {
    driver.exec("PRAGMA busy_timeout = 10000; BEGIN");
    const stats = read(driver, file);
    driver.exec("COMMIT");
    return stats;
  } catch (error) {
    throw new HostError(`The data file ${file} cannot be read: ${messageOf(error)}.`);
  } finally {
    driver.close();
  }
}

function read(driver: Driver, file: string): DataStats {
  const number = (sql: string, params: number[] = []) =>
    Number(Object.values(driver.prepare(sql).get(params) ?? {})[0]);
  const last = lastCommit(driver);
  const tabs = driver.prepare("SELECT number, name FROM tabs ORDER BY name").all();
  return {
    file,
    fileBytes: statSync(file).size,
    logBytes: statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0,
    freeBytes: number("PRAGMA freelist_count") * number("PRAGMA page_size"),
    lastCommitAt: last === 0n ? null : Number(last / 1_000_000n),
    tables: tabs.map((row) => tableStats(driver, Number(row["number"]), String(row["name"]))),
    answers: number("SELECT count(*) AS n FROM sess"),
  };
}

const SIZES = `SELECT count(*) AS documents, coalesce(sum(length(CAST(d.json AS BLOB))), 0) AS bytes
  FROM idx i CROSS JOIN docs d ON d.seq = i.doc
  WHERE i.idx = (SELECT number FROM indexes WHERE tab = ? AND name = 'by_id')`;

function tableStats(driver: Driver, table: number, name: string): TableStats {
  const sizes = driver.prepare(SIZES).get([table]);
  const indexes = driver.prepare("SELECT count(*) AS n FROM indexes WHERE tab = ?").get([table]);
  return {
    name,
    documents: Number(sizes?.["documents"]),
    bytes: Number(sizes?.["bytes"]),
    indexes: Number(indexes?.["n"]),
  };
}
