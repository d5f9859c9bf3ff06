import { chmodSync, mkdirSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { PortfolioError } from "../problem.ts";
import { thingAt } from "./look.ts";

/**
 * Writes a whole file or nothing: a reader, or a kill at any line, sees the old text or the new one, never half.
 * Missing parent folders are made; the rights of an existing file stay, and a link stays a link to it. What cannot be written
 * is a usage error when the path is wrong, else a failure; the old file is then as it was.
 */
export function atomicWrite(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    const old = thingAt(path);
    // A rename would put a plain file in the place of /dev/stdout or a pipe.
    if (old && !old.isFile()) writeFileSync(path, text);
    else replace(old ? realpathSync(path) : path, text, old?.mode);
  } catch (error) {
    throw unwritable(path, error as NodeJS.ErrnoException);
  }
}

/** `atomicWrite` of a value as JSON with two spaces and a last line break. */
export function atomicWriteJson(path: string, value: unknown): void {
  atomicWrite(path, `${JSON.stringify(value, null, 2)}\n`);
}

function replace(path: string, text: string, mode: number | undefined): void {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, text);
    if (mode !== undefined) chmodSync(draft, mode & 0o777);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function unwritable(path: string, { code = "", message }: NodeJS.ErrnoException): PortfolioError {
  if (code === "EISDIR")
    return new PortfolioError("usage", `cannot write ${path}: it is a folder, expected a file name`);
  if (code === "ENOTDIR" || code === "EEXIST")
    return new PortfolioError(
      "usage",
      `cannot write ${path}: a part of the path is a file, expected folders`,
    );
  return new PortfolioError(
    "failed",
    `cannot write ${path} (${code || message}): choose another place or make room`,
  );
}
