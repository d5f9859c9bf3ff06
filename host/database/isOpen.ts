import type { Driver } from "../storage/driver.ts";

/**
 * Whether a transaction is open. SQLite itself ends it on some errors (disk full), and a second ROLLBACK would then
 * fail. Asked with BEGIN, which an open transaction refuses: a SAVEPOINT would begin one and always work.
 */
export function isOpen(driver: Driver): boolean {
  try {
    driver.exec("BEGIN");
  } catch {
    return true;
  }
  driver.exec("ROLLBACK");
  return false;
}
