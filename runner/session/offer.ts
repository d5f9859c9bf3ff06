import type { SessionOffer } from "../connect/types.ts";
import type { RunnerContext } from "../context.ts";

/** What a session of this runner offers now. */
export function offerOf({ options, profiles }: RunnerContext): SessionOffer {
  const repos = Object.entries(options.namespaces).map(([name, one]) => [name, Object.keys(one.repos)]);
  return {
    pools: options.pools,
    slots: options.slots,
    profiles: [...profiles.keys()],
    collecting: [...profiles.values()].filter((one) => one.dataCollection).map((one) => one.name),
    repos: Object.fromEntries(repos) as Record<string, string[]>,
  };
}
