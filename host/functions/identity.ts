import type { ConvexObject } from "../values/json.ts";

/** Who calls. `admin` holds the deployment key and may call internal functions; `system` is the scheduler. */
export type Identity =
  | { readonly kind: "none" }
  | { readonly kind: "system" }
  | {
      readonly kind: "user";
      readonly attributes: ConvexObject;
      readonly expiresAtMs: number;
      readonly token: string;
    }
  | { readonly kind: "admin"; readonly acting: ConvexObject | null };

export const NOBODY: Identity = { kind: "none" };
export const SYSTEM: Identity = { kind: "system" };

/** What `ctx.auth.getUserIdentity()` gives. */
export function userIdentity(identity: Identity): ConvexObject | null {
  switch (identity.kind) {
    case "none":
    case "system":
      return null;
    case "user":
      return identity.attributes;
    case "admin":
      return identity.acting;
    default:
      return identity satisfies never;
  }
}

export function mayCallInternal(identity: Identity): boolean {
  return identity.kind === "admin" || identity.kind === "system";
}

/** Equal for callers that a function cannot tell apart, so that they share results. */
export function identityKey(identity: Identity): string {
  return `${mayCallInternal(identity) ? "internal" : "public"}:${JSON.stringify(userIdentity(identity))}`;
}
