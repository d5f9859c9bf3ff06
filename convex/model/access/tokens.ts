import type { Role } from "../../../domain/roles.ts";
import { MAX_PAGE } from "../../../domain/limits.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { grantsNamespace, namesIn, type Caller } from "./caller.ts";
import { checkName } from "../shared/checks.ts";
import { fail } from "../shared/fail.ts";
import type { Authorized, Reading, Tx } from "../shared/tx.ts";

/** Tokens that a list looks through: those of other tenants must not crowd out the caller's own. */
const MAX_TOKENS_SEEN = 4000;

type RegisterArgs = {
  jti: string;
  role: Role;
  namespaces: string;
  label: string;
  expiresAt: number;
};

/** See `tokens:register`; the same token twice is written down once. */
export async function registerToken(ctx: Tx & Authorized, args: RegisterArgs): Promise<null> {
  checkName(args.jti, "jti");
  checkName(args.label, "label");
  if (!grantsAll(ctx.caller, args.namespaces)) {
    fail(
      "NOT_ALLOWED",
      `namespaces: expected some of those that this token grants, got ${JSON.stringify(args.namespaces)}`,
    );
  }
  const known = await byJti(ctx, args.jti);
  if (known === null) await ctx.db.insert("accessTokens", { ...args, revoked: false });
  return null;
}

/** See `tokens:list`. */
export async function listTokens(ctx: Reading & Authorized) {
  const rows = await ctx.db
    .query("accessTokens")
    .withIndex("by_creation_time")
    .order("desc")
    .take(MAX_TOKENS_SEEN);
  return rows
    .filter(({ namespaces }) => grantsAll(ctx.caller, namespaces))
    .slice(0, MAX_PAGE)
    .map(({ _id, _creationTime, ...token }) => ({ ...token, createdAt: _creationTime }));
}

/** See `tokens:revoke`. */
export async function revokeToken(ctx: Tx & Authorized, { jti }: { jti: string }): Promise<null> {
  const token = await byJti(ctx, jti);
  if (token === null || !grantsAll(ctx.caller, token.namespaces)) {
    return fail(
      "NOT_FOUND",
      `token ${JSON.stringify(jti)} is unknown: \`drover token list\` shows the registered ones`,
    );
  }
  if (!token.revoked) await ctx.db.patch("accessTokens", token._id, { revoked: true });
  return null;
}

function grantsAll(caller: Caller, claim: string): boolean {
  const names = namesIn(claim);
  if (names === "*") return caller.namespaces === "*";
  return names.every((name) => grantsNamespace(caller, name));
}

function byJti(ctx: Reading, jti: string): Promise<Doc<"accessTokens"> | null> {
  return ctx.db
    .query("accessTokens")
    .withIndex("by_jti", (q) => q.eq("jti", jti))
    .first();
}
