/**
 * What a restarted runner must know of a job that it held: the claim, the attempt under way and the ones before it.
 * Written before each attempt starts.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Claimed } from "../connect/types.ts";
import type { EndedTry } from "../../domain/cascade.ts";

export interface JobRecord {
  claimed: Claimed;
  /** The attempt under way. */
  attempt: number;
  /** The profile that runs it. */
  profile: string;
  /** Attempts of this claim that have ended. */
  tries: EndedTry[];
}

/**
 * Only the frame is checked: the file is ours. What a kill can leave behind is no file or half a one, and either means
 * that nothing was started.
 */
const Frame = z.object({
  claimed: z.custom<Claimed>((value) => typeof value === "object" && value !== null && "job" in value),
  attempt: z.number(),
  profile: z.string(),
  tries: z.array(
    z.custom<EndedTry>((value) => typeof value === "object" && value !== null && "effect" in value),
  ),
});

/** The file to write before an attempt starts. */
export function jobRecordFile(jobFolder: string, record: JobRecord): { path: string; text: string } {
  return { path: fileOf(jobFolder), text: JSON.stringify(record) };
}

/** The record of a job, or undefined when this runner never started an attempt of it. */
export async function readJobRecord(jobFolder: string): Promise<JobRecord | undefined> {
  try {
    return Frame.parse(JSON.parse(await readFile(fileOf(jobFolder), "utf8")));
  } catch {
    return undefined;
  }
}

function fileOf(jobFolder: string): string {
  return join(jobFolder, "job.json");
}
