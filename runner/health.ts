/** What the fleet knows of the profiles, per namespace, as the cascade asks for it. */
import type { ProfileHealth } from "../domain/cascade.ts";
import { holdsBack } from "../domain/healthRule.ts";
import type { Backend } from "./connect/backend.ts";
import type { Health } from "./connect/types.ts";
import type { Clock } from "./options.ts";

export interface HealthView {
  of: (namespace: string, profile: string) => ProfileHealth;
  close: () => void;
}

export interface HealthDeps {
  backend: Backend;
  clock: Clock;
  namespaces: readonly string[];
  /** This machine, as machine-scoped rows name it. */
  machine: string;
  /** Profiles that this runner offers. */
  offered: { has: (profile: string) => boolean };
  onChange: () => void;
}

/** A limit whose end the backend has seen holds nobody back, also where this machine's clock is behind. */
function isHeld(row: Health, machine: string, now: number): boolean {
  return row.probe === undefined && holdsBack(row, machine, now);
}

/** Subscribes to the health rows of all namespaces. Until they are there, every offered profile counts as healthy. */
export function watchHealth(deps: HealthDeps): HealthView {
  const rows = new Map<string, Health[]>();
  const stops = deps.namespaces.map((namespace) =>
    deps.backend.watchHealth(namespace, (present) => {
      rows.set(namespace, present);
      deps.onChange();
    }),
  );
  return {
    of(namespace, profile) {
      if (!deps.offered.has(profile)) return { kind: "notOffered" };
      const now = deps.clock.now();
      const row = rows
        .get(namespace)
        ?.find((one) => one.profile === profile && isHeld(one, deps.machine, now));
      if (row === undefined) return { kind: "healthy" };
      return row.kind === "limited"
        ? { kind: "limited", until: row.until, reason: row.reason }
        : { kind: "offline", reason: row.reason };
    },
    close: () => stops.forEach((stop) => stop()),
  };
}
