import { chmodSync, closeSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { HostError, messageOf } from "../values/errors.ts";
import { leftBehind, recordAcknowledged } from "./acknowledged.ts";
import { checkPages, checkReach, damaged, lastCommit } from "./checkDataFile.ts";
import { keepLock, lockDataFile } from "./dataLock.ts";
import type { Driver } from "./driver.ts";
import { openDriver } from "./openDriver.ts";
import { takeStaged } from "./restore.ts";

/** SQLite's own page cache, KiB. The system caches the file as well; four times as much cost 50 MiB and won no time. */
const PAGE_CACHE_KIB = 16_384;
/**
 * Pages of 4 KiB in the log after which a commit folds it into the file, with two syncs more. SQLite's own 1,000 are
 * full after some fifty jobs, and each time the pages that every job touches are written once more.
 */
const LOG_PAGES = 4_000;
/** Layout of the data file; raised by every change of the tables below, together with a step that upgrades. */
const SCHEMA_VERSION = 3;

/** A clock that is behind by less is not worth a word: machines correct theirs all the time. */
const CLOCK_TOLERANCE_MS = 60_000;

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

/** changes: what documents were before they changed at `ts`, while somebody asks for that; `before` null: not there. */
const CHANGES = `
  CREATE TABLE changes (ts TEXT NOT NULL, id TEXT NOT NULL, tab TEXT NOT NULL, before TEXT, PRIMARY KEY (ts, id)) WITHOUT ROWID;
  CREATE INDEX changes_by_id ON changes (id, ts);
`;

/** What brings a file from the layout before to the one that a step is listed under. */
const STEPS: readonly { to: number; sql: string }[] = [
  { to: 1, sql: TABLES },
  { to: 2, sql: FILES },
  { to: 3, sql: CHANGES },
];

export interface DataFile {
  readonly driver: Driver;
  /** What the opening has to tell: a restored backup, a check after a kill. */
  readonly notes: readonly string[];
  /** To be called with each commit that is on disk, before it is acknowledged: a later start knows what to expect. */
  acknowledged(ts: bigint): void;
  /** Writes the log back into the file, closes it and gives the lock back. */
  close(): void;
}

export interface OpenHow {
  /**
   * The lock that lies there is this process' own, of a thread that has ended. SQLite has closed its file and taken back
   * what was under way, so that nothing needs a check, either.
   */
  readonly isOurs?: boolean;
}

/**
 * Opens (or makes) the data file for this process alone. Folder 0700, file 0600, WAL with `synchronous=FULL`:
 * what is acknowledged is on disk. A backup that waits to be restored takes its place first; after a kill the file
 * is checked.
 * @throws HostError when the file is held by another host, damaged, no data file of a host, or of a later version
 */
export async function openDataFile(path: string, { isOurs = false }: OpenHow = {}): Promise<DataFile> {
  if (path === ":memory:") return openInMemory();
  const file = resolve(path);
  makePrivate(dirname(file));
  let unlock = (): void => undefined;
  try {
    unlock = isOurs ? keepLock(file) : lockDataFile(file);
    const kept = isOurs ? null : await takeStaged(file);
    makeFile(file);
    const opened = await openFile(file, isOurs);
    const notes = kept === null ? opened.notes : [`restored a backup; ${kept}`, ...opened.notes];
    return { ...opened, notes, close: () => closeAll(opened, unlock) };
  } catch (error) {
    unlock();
    throw error instanceof HostError ? error : new HostError(cannotOpen(file, messageOf(error)));
  }
}

async function openInMemory(): Promise<DataFile> {
  const driver = await openDriver(":memory:");
  setUp(driver);
  checkVersion(driver);
  return { driver, notes: [], acknowledged: () => undefined, close: () => driver.close() };
}

async function openFile(file: string, isOurs: boolean): Promise<DataFile> {
  const left = leftBehind(file);
  const isUnclean = !isOurs && (left !== null || hasLog(file));
  const driver = await openDriver(file);
  try {
    setUp(driver);
    const isChecked = isUnclean && checkPages(driver, file);
    checkVersion(driver);
    if (left !== null) checkReach(driver, file, left);
    const record = recordAcknowledged(file, lastCommit(driver));
    const close = () => {
      foldLog(driver);
      driver.close();
      record.remove();
    };
    const note = isChecked ? "was checked and is sound" : "is too large to be checked at start";
    const notes = isUnclean ? [`the last host on this data file was killed; the file ${note}`] : [];
    notes.push(...clockNotes(lastCommit(driver)));
    return { driver, notes, acknowledged: (ts) => record.note(ts), close };
  } catch (error) {
    driver.close();
    throw error;
  }
}

function clockNotes(last: bigint): string[] {
  const behindMs = Number(last / 1_000_000n) - Date.now();
  if (behindMs <= CLOCK_TOLERANCE_MS) return [];
  return [
    `this machine's clock is ${Math.round(behindMs / 1000)} s behind the last commit of the data file: ` +
      `timestamps go on from there, but what is scheduled for a time waits for that time`,
  ];
}

function setUp(driver: Driver): void {
  driver.exec("PRAGMA busy_timeout = 2000");
  driver.prepare("PRAGMA journal_mode = WAL").all();
  driver.exec(
    `PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -${PAGE_CACHE_KIB}; ` +
      `PRAGMA wal_autocheckpoint = ${LOG_PAGES}`,
  );
}

function closeAll(opened: { close(): void }, unlock: () => void): void {
  try {
    opened.close();
  } finally {
    unlock();
  }
}

function cannotOpen(file: string, reason: string): string {
  if (/malformed|disk image/.test(reason)) return damaged(file, reason);
  const advice = /EACCES|EROFS|EPERM|readonly/.test(reason)
    ? "Make its folder writable for this user"
    : /not a database/.test(reason)
      ? "If it was one, restore a backup with `drover restore`"
      : "Look at its folder and disk";
  return `The data file ${file} cannot be opened: ${reason}. ${advice}, or choose another data file.`;
}

function makePrivate(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new HostError(`The folder ${folder} of the data file cannot be made: ${messageOf(error)}`);
  }
}

/** SQLite gives its -wal and -shm files the mode of the main file, so it must be private before they appear. */
function makeFile(file: string): void {
  closeSync(openSync(file, "a", 0o600));
  chmodSync(file, 0o600);
}

function hasLog(file: string): boolean {
  return (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

/** On a full disk the log stays beside the file: it holds the same commits, and the next start reads it. */
function foldLog(driver: Driver): void {
  try {
    driver.prepare("PRAGMA wal_checkpoint(TRUNCATE)").all();
  } catch {
    return;
  }
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

/** The newest layout that this host reads and writes. */
export const LAYOUT = SCHEMA_VERSION;
