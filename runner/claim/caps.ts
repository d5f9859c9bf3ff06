/**
 * How many jobs may run side by side here by namespace, by repo and by profile: slots alone say nothing of one account
 * that bears two agents, or of a namespace that must not take the whole machine. Pure.
 */
export interface CapLimits {
  /** Jobs of one namespace at once. */
  jobsPerNamespace: number;
  /** Jobs of one repo at once. */
  jobsPerRepo: number;
}

/** One job, as far as caps go. */
export interface Load {
  namespace: string;
  repo: string | undefined;
  /** The profile that runs it, or will; undefined when none can. */
  profile: string | undefined;
}

export interface Caps {
  limits: CapLimits;
  /** Jobs of a profile at once; Infinity where nothing is said. */
  ofProfile: (profile: string) => number;
}

/** True when `next` may run beside those that are `present`, which are only asked for where there is a cap. */
export function fitsCaps(present: () => readonly Load[], next: Load, { limits, ofProfile }: Caps): boolean {
  const { namespace, repo, profile } = next;
  const isBelow = (cap: number, isSame: (load: Load) => boolean) =>
    cap === Infinity || present().filter(isSame).length < cap;
  return (
    isBelow(limits.jobsPerNamespace, (load) => load.namespace === namespace) &&
    (repo === undefined || isBelow(limits.jobsPerRepo, (load) => load.repo === repo)) &&
    (profile === undefined || isBelow(ofProfile(profile), (load) => load.profile === profile))
  );
}
