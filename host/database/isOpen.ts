import type { Driver } from "../storage/driver.ts";

/** SQLite itself ends the transaction on some errors (disk full); a second ROLLBACK would then fail. */
export function isOpen(driver: Driver): boolean {
  try {
    driver.exec("SAVEPOINT probe");
    driver.exec("RELEASE probe");
    return true;
  } catch {
    return false;
  }
}
