/** Who may call: see SPEC.md §8. An agent is bound to one assignment and attempt and dies with the lease. */
export const ROLES = ["admin", "runner", "agent", "viewer"] as const;
export type Role = (typeof ROLES)[number];

export const TOKEN_ISSUER = "https://drover.invalid";
export const TOKEN_AUDIENCE = "drover";

/**
 * The private claims of a Drover token (JWT, ES256), beside iss, aud, sub, iat, exp and jti.
 * All values are strings, because Convex hands custom claims of a custom JWT through as they are.
 */
export interface TokenClaims {
  role: Role;
  /** Comma-separated namespace names, or "*" for all. */
  namespaces: string;
  /** Agent tokens: the assignment, job and session ids and the attempt number that they live and die with. */
  assignment?: string;
  job?: string;
  attempt?: string;
  session?: string;
  /** Runner tokens: comma-separated pools that the runner may serve, or "*". */
  pools?: string;
}

export function isRole(name: string): name is Role {
  return (ROLES as readonly string[]).includes(name);
}
