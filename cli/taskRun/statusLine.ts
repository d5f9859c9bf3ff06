import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Counts } from "./runModel.ts";

/** Where outside readers (status lines of editors and shells) look. */
const SINGLE = "runforge-status";
const FOLDER = "runforge-status.d";

export interface StatusLine {
  write(counts: Counts): void;
  remove(): void;
}

/**
 * Keeps the status files of a run: one per process, and the single one, which shows the newest run. Both names are
 * read by existing tools. Trouble with them never stops a run.
 */
export function openStatusLine(base = process.platform === "win32" ? tmpdir() : "/tmp"): StatusLine {
  const own = join(base, FOLDER, String(process.pid));
  const single = join(base, SINGLE);
  let last = "";
  const quietly = (work: () => void) => {
    try {
      work();
    } catch {
      // Another user's folder, a full disk: nobody reads it then.
    }
  };
  return {
    write(counts) {
      const text = longLine(counts);
      if (text === last) return;
      last = text;
      quietly(() => mkdirSync(join(base, FOLDER), { recursive: true, mode: 0o777 }));
      quietly(() => replace(own, `${shortLine(counts)}\n`));
      quietly(() => replace(single, `${text}\n`));
    },
    remove() {
      quietly(() => rmSync(own, { force: true }));
      quietly(() => rmSync(single, { force: true }));
    },
  };
}

/** A rename replaces a link that somebody else has put there, instead of writing through it. */
function replace(file: string, text: string): void {
  const draft = `${file}.${process.pid}.part`;
  rmSync(draft, { force: true });
  writeFileSync(draft, text, { flag: "wx" });
  renameSync(draft, file);
}

function longLine({ done, total, running, failed, limited }: Counts): string {
  return `runforge: ${join2([`${done}/${total} done`, part(running, "running"), part(failed, "failed"), part(limited, "rate-limited")])}`;
}

function shortLine({ done, total, running, failed, limited }: Counts): string {
  return join2([`${done}/${total} done`, part(running, "run"), part(failed, "fail"), part(limited, "rl")]);
}

function part(count: number, name: string): string {
  return count === 0 ? "" : `${count} ${name}`;
}

function join2(parts: string[]): string {
  return parts.filter((text) => text !== "").join(", ");
}
