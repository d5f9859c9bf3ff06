/**
 * What the environment says. Inside a job it names assignment, job and token, so that an agent types no ids;
 * the older WORKFLOW_* names stay valid because existing prompts use them.
 */
export interface Environment {
  config?: string | undefined;
  url?: string | undefined;
  namespace?: string | undefined;
  token?: string | undefined;
  assignment?: string | undefined;
  job?: string | undefined;
  timeoutMs?: string | undefined;
  slots?: string | undefined;
  /** Set by a runner for the processes of an attempt. */
  attempt?: string | undefined;
}

/** Reads the `DROVER_*` variables; an empty variable counts as unset. */
export function readEnvironment(env: NodeJS.ProcessEnv): Environment {
  const get = (...names: string[]) =>
    names.map((name) => env[name]?.trim()).find((value) => value !== undefined && value !== "");
  return {
    config: get("DROVER_CONFIG"),
    url: get("DROVER_URL"),
    namespace: get("DROVER_NAMESPACE"),
    token: get("DROVER_TOKEN"),
    assignment: get("DROVER_ASSIGNMENT", "WORKFLOW_ASSIGNMENT_ID"),
    job: get("DROVER_JOB", "WORKFLOW_JOB_ID"),
    timeoutMs: get("DROVER_TIMEOUT_MS"),
    slots: get("DROVER_SLOTS"),
    attempt: get("DROVER_ATTEMPT", "DROVER_ATTEMPT_ID"),
  };
}
