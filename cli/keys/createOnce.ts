import { randomUUID } from "node:crypto";
import { closeSync, fsyncSync, linkSync, openSync, rmSync, writeSync } from "node:fs";

/** Secrets are for their owner alone. */
const SECRET_MODE = 0o600;

/**
 * Writes a secret file that appears whole or not at all, and never replaces another: a link fails where a rename would
 * overwrite the key that a second process has just made and already signed with.
 */
export function createOnce(file: string, text: string): void {
  const draft = `${file}.${process.pid}.${randomUUID()}`;
  const handle = openSync(draft, "wx", SECRET_MODE);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
    closeSync(handle);
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}
