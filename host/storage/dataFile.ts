import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { HostError, messageOf } from "../values/errors.ts";
import { lockDataFile } from "./dataLock.ts";
import type { Driver } from "./driver.ts";
import { openDriver } from "./openDriver.ts";

/** Layout of the data file; raised by every change of the tables below, together with a step that upgrades. */
const SCHEMA_VERSION = 2;

/**
 * docs: one row a document, `json` as the function wrote it. idx: one row per document and index, `key` in
 * keyEncoding's order, also for by_id and by_creation_time. sess: answers of mutations by client session, so that a
 * resent mutation is not run again. crons: when each cron runs next. meta: single values.
 */
const TABLES = `
  CREATE TABLE docs (seq INTEGER PRIMARY KEY, json TEXT NOT NULL);
  CREATE TABLE idx (idx INTEGER NOT NULL, key BLOB NOT NULL, doc INTEGER NOT NULL, PRIMARY KEY (idx, key)) WITHOUT ROWID;
  CREATE TABLE tabs (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  CREATE TABLE indexes (number INTEGER PRIMARY KEY, tab INTEGER NOT NULL, name TEXT NOT NULL, fields TEXT NOT NULL, UNIQUE (tab, name));
  CREATE TABLE sess (seq INTEGER PRIMARY KEY, session TEXT NOT NULL, request INTEGER NOT NULL, at INTEGER NOT NULL, ts TEXT NOT NULL, answer TEXT NOT NULL, UNIQUE (session, request));
  CREATE TABLE crons (name TEXT PRIMARY KEY, spec TEXT NOT NULL, next INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  INSERT INTO meta VALUES ('lastTs', '0');
`;

/** files: the bytes of stored files in parts, `id` as in `_storage`. file_urls: the secret part of a file's URL. */
const FILES = `
  CREATE TABLE files (id TEXT NOT NULL, part INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (id, part));
  CREATE TABLE file_urls (secret TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE) WITHOUT ROWID;
`;

/** What brings a file from the layout before to the one that a step is listed under. */
const STEPS: readonly { to: number; sql: string }[] = [
  { to: 1, sql: TABLES },
  { to: 2, sql: FILES },
];

export interface DataFile {
  readonly driver: Driver;
  /** Writes the log back into the file, closes it and gives the lock back. */
  close(): void;
}

/**
 * Opens (or makes) the data file for this process alone. Folder 0700, file 0600, WAL with `synchronous=FULL`:
 * what is acknowledged is on disk.
 * @throws HostError when the file is held by another host, is no data file of a host, or is of a later version
 */
export async function openDataFile(path: string): Promise<DataFile> {
  if (path === ":memory:") return prepared(await openDriver(path), () => undefined);
  const file = resolve(path);
  makePrivate(file);
  let unlock = (): void => undefined;
  try {
    unlock = lockDataFile(file);
    return prepared(await openDriver(file), unlock);
  } catch (error) {
    unlock();
    if (error instanceof HostError) throw error;
    throw new HostError(`The data file ${file} cannot be opened: ${messageOf(error)}`);
  }
}

function makePrivate(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    // SQLite gives its -wal and -shm files the mode of the main file, so it must be private before they appear.
    closeSync(openSync(file, "a", 0o600));
    chmodSync(file, 0o600);
  } catch (error) {
    throw new HostError(`The data file ${file} cannot be written: ${messageOf(error)}`);
  }
}

function prepared(driver: Driver, unlock: () => void): DataFile {
  try {
    driver.exec("PRAGMA busy_timeout = 2000");
    driver.prepare("PRAGMA journal_mode = WAL").all();
    driver.exec("PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536");
    checkVersion(driver);
  } catch (error) {
    driver.close();
    throw error;
  }
  const close = () => {
    driver.prepare("PRAGMA wal_checkpoint(TRUNCATE)").all();
    driver.close();
    unlock();
  };
  return { driver, close };
}

function checkVersion(driver: Driver): void {
  const version = Number(driver.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0);
  if (version === SCHEMA_VERSION) return;
  const tables = Number(driver.prepare("SELECT count(*) AS n FROM sqlite_master").get()?.["n"]);
  if (version > SCHEMA_VERSION || (version === 0 && tables > 0)) {
    throw new HostError(
      `The data file has layout ${version}, this host knows layout ${SCHEMA_VERSION}. ` +
        `Use the version of Drover that wrote it, or choose another --data file.`,
    );
  }
  const steps = STEPS.filter(({ to }) => to > version).map(({ sql }) => sql);
  driver.exec(`BEGIN; ${steps.join("")} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
}
