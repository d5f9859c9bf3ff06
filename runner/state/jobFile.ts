/**
 * What a restarted runner must know of a job that it held: the claim, the attempt under way and the ones before it.
 * Written before each attempt starts.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Claimed } from "../connect/types.ts";
import type { EndedTry } from "../../domain/cascade.ts";
import { writePrivate } from "./privateFile.ts";

export interface JobRecord {
  claimed: Claimed;
  /** The attempt under way. */
  attempt: number;
  /** The profile that runs it. */
  profile: string;
  /** Attempts of this claim that have ended. */
  tries: EndedTry[];
}

/** Only the frame is checked: the file is ours, and what a kill can leave behind is a missing file, not a half one. */
const Frame = z.object({
  claimed: z.custom<Claimed>((value) => typeof value === "object" && value !== null && "job" in value),
  attempt: z.number(),
  profile: z.string(),
  tries: z.array(
    z.custom<EndedTry>((value) => typeof value === "object" && value !== null && "effect" in value),
  ),
});

export function writeJobRecord(jobFolder: string, record: JobRecord): void {
  writePrivate(join(jobFolder, "job.json"), JSON.stringify(record));
}

/** The record of a job, or undefined when this runner never started an attempt of it. */
export async function readJobRecord(jobFolder: string): Promise<JobRecord | undefined> {
  try {
    return Frame.parse(JSON.parse(await readFile(join(jobFolder, "job.json"), "utf8")));
  } catch {
    return undefined;
  }
}
