/** What the agents wrote down of themselves, in the order in which it happened: the truth about executions. */
import { readFile } from "node:fs/promises";

export interface Entry {
  job: string;
  attempt: number;
  word: string;
}

/** The journal; a line that a kill has cut is left out. */
export async function readJournal(file: string): Promise<Entry[]> {
  return (await readFile(file, "utf8")).split("\n").flatMap((line) => {
    const [, job, attempt, word] = /^(\d+\.\d+) (\d+) \d+ (\w+)$/.exec(line) ?? [];
    return job === undefined || word === undefined ? [] : [{ job, attempt: Number(attempt), word }];
  });
}
