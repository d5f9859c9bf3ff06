/** Reads the recorded transcripts with what must be made of them. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { VerdictKind } from "../../domain/verdict.ts";
import type { RunEnd, StreamKind } from "../../runner/harness/port.ts";

const HERE = import.meta.dirname;
/** The instant from which relative reset times in expected.json count. */
const RECORDED_AT = Date.parse("2026-11-20T06:30:00Z");

export interface Recording {
  name: string;
  cli: StreamKind;
  stdout: Buffer;
  rollout: Buffer | undefined;
  end: RunEnd;
  expected: { kind: VerdictKind; retryAt?: string; usage?: string };
}

interface Expected {
  exit: number | string;
  kind: VerdictKind;
  retryAt?: string;
  usage?: string;
}

/** Every recording that expected.json names. */
export function loadRecordings(): Recording[] {
  const table = JSON.parse(readFileSync(join(HERE, "expected.json"), "utf8")) as Record<string, Expected>;
  return Object.entries(table).map(([name, { exit, ...expected }]) => {
    const read = (ending: string) => {
      const file = join(HERE, `${name}${ending}`);
      return existsSync(file) ? readFileSync(file) : undefined;
    };
    return {
      name,
      cli: name.split("/")[0] as StreamKind,
      stdout: read(".jsonl") ?? Buffer.alloc(0),
      rollout: read(".rollout.jsonl"),
      end: {
        exitCode: typeof exit === "number" ? exit : null,
        exitSignal: typeof exit === "number" ? null : exit,
        endedBy: "exit",
        stderr: read(".stderr.txt")?.toString("utf8") ?? "",
        now: RECORDED_AT,
        resumed: /resume-(second|unknown)/.test(name),
      },
      expected,
    };
  });
}
