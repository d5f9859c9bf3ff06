import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Counts } from "./runModel.ts";

/** Where outside readers (status lines of editors and shells) look. */
const SINGLE = "runforge-status";
const FOLDER = "runforge-status.d";
/** As /tmp itself: every user may have runs, and nobody may remove another's file. */
const FOLDER_MODE = 0o1777;

export interface StatusLine {
  write(counts: Counts): void;
  remove(): void;
}

/**
 * Keeps the status files of a run: one per process, and the single one, which shows the newest run. Both names are read
 * by existing tools. Runs side by side keep theirs; the last one leaves nothing. Trouble never stops a run.
 */
export function openStatusLine(
  base = process.platform === "win32" ? tmpdir() : "/tmp",
  pid = process.pid,
): StatusLine {
  const folder = join(base, FOLDER);
  const single = join(base, SINGLE);
  let last = "";
  return {
    write(counts) {
      const text = shortLine(counts);
      if (text === last) return;
      // A newer run has taken it where it shows what this one has not written; one that ends hands it back.
      const isOurs = last === "" || [`${longOf(last)}\n`, ""].includes(contentOf(single));
      quietly(() => {
        if (mkdirSync(folder, { recursive: true }) !== undefined) chmodSync(folder, FOLDER_MODE);
        replace(join(folder, String(pid)), text);
        // Only now: where another run has removed the folder in between, the next push writes again.
        last = text;
      });
      if (isOurs) quietly(() => replace(single, longOf(text)));
    },
    remove() {
      quietly(() => rmSync(join(folder, String(pid)), { force: true }));
      const other = newestOf(folder);
      if (other !== null) return quietly(() => replace(single, longOf(other)));
      quietly(() => rmSync(single, { force: true }));
      quietly(() => rmdirSync(folder));
    },
  };
}

/** The text of a run that goes on; what runs have left that were killed is cleared away. */
function newestOf(folder: string): string | null {
  let text: string | null = null;
  quietly(() => {
    for (const name of readdirSync(folder)) {
      const file = join(folder, name);
      // `12`, and the draft of it; what else lies there is not ours.
      const pid = /^(\d+)(\.\d+\.part)?$/.exec(name)?.[1];
      if (pid === undefined) continue;
      if (!isAlive(Number(pid))) quietly(() => rmSync(file, { force: true }));
      else if (pid === name) quietly(() => (text = readFileSync(file, "utf8").trim()));
    }
  });
  return text;
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is another user's.
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** Another user's folder, a full disk: nobody reads it then. */
function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // The status line is a courtesy.
  }
}

/** A rename replaces a link that somebody else has put there, instead of writing through it. */
function replace(file: string, text: string): void {
  const draft = `${file}.${process.pid}.part`;
  rmSync(draft, { force: true });
  writeFileSync(draft, `${text}\n`, { flag: "wx" });
  renameSync(draft, file);
}

const LONG: Readonly<Record<string, string>> = { run: "running", fail: "failed", rl: "rate-limited" };

/** The single file's form of a run's text: `3/9 done, 2 run` → `runforge: 3/9 done, 2 running`. */
function longOf(text: string): string {
  return `runforge: ${text.replace(/\b(run|fail|rl)\b/g, (word) => LONG[word] ?? word)}`;
}

function shortLine({ done, total, running, failed, limited }: Counts): string {
  return [`${done}/${total} done`, part(running, "run"), part(failed, "fail"), part(limited, "rl")]
    .filter((text) => text !== "")
    .join(", ");
}

function part(count: number, name: string): string {
  return count === 0 ? "" : `${count} ${name}`;
}
