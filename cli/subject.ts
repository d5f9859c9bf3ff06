/** What a command is about: typed, or known from the environment of the job it runs in. */
import type { Settings } from "./config/settings.ts";
import { usageError } from "./output/errors.ts";

/** The assignment of a command. @throws CliError (exit 2) when neither typed nor known */
export function assignmentOf(typed: string | undefined, { assignment }: Settings): string {
  return subject(typed ?? assignment, "assignment", "12");
}

/** The job of a command. @throws CliError (exit 2) when neither typed nor known */
export function jobOf(typed: string | undefined, { job }: Settings): string {
  return subject(typed ?? job, "job", "12.3");
}

function subject(value: string | null, what: string, example: string): string {
  if (value !== null && value.trim() !== "") return value.trim().replace(/^#/, "");
  throw usageError(
    `which ${what}? Give its number or id, like ${example} (inside a job the environment names it)`,
  );
}
