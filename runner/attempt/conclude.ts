/** From what was seen to the report: the reader's verdict, completed by files that the run left. */
import { createReadStream } from "node:fs";
import { readFile, rm, rmdir, stat } from "node:fs/promises";
import type { Verdict } from "../../domain/verdict.ts";
import { NO_USAGE } from "../../domain/usage.ts";
import { defined } from "../../domain/defined.ts";
import type { Harness, Reader, RunEnd } from "../harness/port.ts";
import { REPORT_BYTES, REPORT_SHAPE, ReportFile } from "../reportTool/reportFile.ts";
import { statIfThere } from "../state/statIfThere.ts";
import { attemptFiles } from "./record.ts";

/** How much of the end of an evidence file is read, in bytes: sessions that were resumed for weeks grow large. */
const EVIDENCE_BYTES = 64 * 1024 * 1024;

export interface Conclusion {
  harness: Harness;
  reader: Reader;
  end: RunEnd;
  dir: string;
  /** HOME and the like of the child. */
  home: Record<string, string>;
}

/** The verdict, with the CLI's own files read; deletes the attempt's TMPDIR. */
export async function conclude({ harness, reader, end, dir, home }: Conclusion): Promise<Verdict> {
  const session = reader.agentSession;
  if (session && harness.evidenceFile && reader.pushEvidence) {
    const file = await harness.evidenceFile({ env: home, agentSession: session }).catch(() => null);
    if (file) await readEvidence(file, reader).catch(() => undefined);
  }
  const verdict = reader.verdict(end);
  const files = attemptFiles(dir);
  await removeFolder(files.tmp);
  const own = harness.kind === "script" || harness.kind === "command";
  // A report does not outweigh what the CLI itself says of a limit or a failure: the cascade goes by that.
  return own || verdict.ok ? withReport(verdict, files.result) : verdict;
}

/** Most jobs leave nothing in it, and then one call is enough. Not synchronous: a busy disk makes it wait. */
function removeFolder(folder: string): Promise<void> {
  return rmdir(folder).catch(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
}

/** The variables that say where a CLI keeps its own files. */
export function homeOf(env: Record<string, string>): Record<string, string> {
  const kept = ["HOME", "CODEX_HOME"].flatMap((name) =>
    env[name] === undefined ? [] : [[name, env[name]] as const],
  );
  return Object.fromEntries(kept);
}

async function readEvidence(file: string, reader: Reader): Promise<void> {
  const { size } = await stat(file);
  for await (const chunk of createReadStream(file, { start: Math.max(0, size - EVIDENCE_BYTES) })) {
    reader.pushEvidence?.(chunk as Buffer);
  }
}

/** A job may say more than its exit code or its last message in the file named by DROVER_RESULT_FILE. */
async function withReport(verdict: Verdict, file: string): Promise<Verdict> {
  const size = statIfThere(file)?.size;
  if (size === undefined) return verdict;
  const bad = (why: string): Verdict => ({
    ...verdict,
    detail: [verdict.detail, `its result file was ignored: ${why}`].filter(Boolean).join("; "),
  });
  if (size > REPORT_BYTES) return bad(`${size} bytes, at most ${REPORT_BYTES} are read`);
  const text = await readFile(file, "utf8").catch(() => "");
  const parsed = ReportFile.safeParse(parse(text));
  if (!parsed.success) {
    return bad(`expected JSON ${REPORT_SHAPE}`);
  }
  const { result, blocked, usage, costUsd } = parsed.data;
  if (blocked !== undefined) return { ...verdict, kind: "failed", ok: false, detail: `blocked: ${blocked}` };
  return {
    ...verdict,
    ...(result === undefined ? {} : { text: typeof result === "string" ? result : JSON.stringify(result) }),
    ...(usage === undefined ? {} : { usage: { ...NO_USAGE, ...defined(usage) } }),
    ...(costUsd === undefined ? {} : { costUsd }),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
