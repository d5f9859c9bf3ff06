import type { Driver } from "../storage/driver.ts";
import { Catalog } from "./catalog.ts";
import { ChangeLog } from "./changeLog.ts";
import { Clock, type Timekeeper } from "./clock.ts";
import { Rows } from "./rows.ts";

/** What every transaction shares: the connection, its prepared statements, the catalog and the clock. */
export interface Store {
  readonly driver: Driver;
  readonly rows: Rows;
  readonly catalog: Catalog;
  readonly clock: Timekeeper;
  readonly changes: ChangeLog;
  /** Where files are uploaded and fetched; set once the host knows its address. */
  readonly files: { origin: string; uploadKey: string };
}

/** Reads the catalog and clock of an open data file. */
export function openStore(driver: Driver): Store & { clock: Clock } {
  return {
    driver,
    rows: new Rows(driver),
    catalog: new Catalog(driver),
    clock: new Clock(driver),
    changes: new ChangeLog(driver),
    files: { origin: "", uploadKey: "" },
  };
}
