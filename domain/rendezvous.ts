import { hash53 } from "./hash.ts";

/**
 * Who should try first: the order in which runner sessions claim a job (highest random weight). All runners
 * compute the same order without talking, each job has another first choice, and a session that leaves moves only
 * the jobs that were its own.
 * @returns the place of `session` for `job`, 0 first; the number of sessions when it is not among them
 */
export function rankFor(job: string, session: string, sessions: readonly string[]): number {
  const own = weight(job, session);
  if (!sessions.includes(session)) return sessions.length;
  return sessions.filter((other) => beats(job, other, { session, own })).length;
}

function beats(job: string, other: string, me: { session: string; own: number }): boolean {
  const theirs = weight(job, other);
  return theirs > me.own || (theirs === me.own && other > me.session);
}

function weight(job: string, session: string): number {
  return hash53(`${job}\n${session}`);
}
