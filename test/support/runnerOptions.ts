/** Options of a runner for tests with a host, from settings that can be handed to a process. */
import type { JWK } from "jose";
import type { Profile } from "../../runner/harness/port.ts";
import type { RunnerOptions } from "../../runner/options.ts";
import { sign } from "./keys.ts";

export interface RunnerSettings {
  url: string;
  name: string;
  /** The machine that it says it is on. */
  host?: string;
  home: string;
  namespace: string;
  checkout: string;
  slots: number;
  profiles: Profile[];
  privateJwk: JWK;
}

export function runnerOptions(settings: RunnerSettings, log: RunnerOptions["log"]): RunnerOptions {
  const { privateJwk, namespace, checkout, ...rest } = settings;
  return {
    host: "here",
    ...rest,
    version: "0.0.0",
    namespaces: { [namespace]: { repos: {}, defaultPath: checkout } },
    pools: ["default"],
    token: () => sign(privateJwk, { role: "runner", namespaces: namespace, pools: "*" }),
    agentToken: ({ job, attempt, session }, assignment) =>
      sign(privateJwk, {
        role: "agent",
        namespaces: namespace,
        assignment,
        job,
        attempt: String(attempt),
        session,
      }),
    cli: { command: ["true"] },
    log,
  };
}
