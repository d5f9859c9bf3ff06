/** What a runner leaves in the folder of an attempt, for tests of what the next one makes of it. */
import { writeFileSync } from "node:fs";
import { attemptFiles, recordText, type AttemptRecord } from "../../runner/attempt/record.ts";

/** Writes the record of the attempt in `dir` anew. */
export function writeRecord(dir: string, record: AttemptRecord): void {
  writeFileSync(attemptFiles(dir).record, recordText(record));
}
