import { MAX_SESSION_REPOS } from "../../domain/limits.ts";
import type { SessionOffer } from "../connect/types.ts";
import type { RunnerContext } from "../context.ts";

/** What a session of this runner offers now. */
export function offerOf({ options, profiles }: RunnerContext): SessionOffer {
  return {
    pools: options.pools,
    slots: options.slots,
    profiles: [...profiles.keys()],
    collecting: [...profiles.values()].filter((one) => one.dataCollection).map((one) => one.name),
    ...reposOf(options),
  };
}

/** The repos that this machine has, unless they are too many to be named: then it takes jobs of any. */
function reposOf({ namespaces }: RunnerContext["options"]): Pick<SessionOffer, "repos"> {
  const named = Object.entries(namespaces).map(([name, { repos }]) => [name, Object.keys(repos)] as const);
  return named.some(([, slugs]) => slugs.length > MAX_SESSION_REPOS)
    ? {}
    : { repos: Object.fromEntries(named) };
}
