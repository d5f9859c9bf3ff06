import { MAX_PAGE } from "../../../domain/limits.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { grantsNamespace } from "./caller.ts";
import { checkName, checkNames, MAX_CASCADE } from "../shared/checks.ts";
import { checkLimits } from "../assignments/checkLimits.ts";
import { checkRetention } from "../retention/checkRetention.ts";
import { fail } from "../shared/fail.ts";
import { present } from "../shared/find.ts";
import { setPrivate } from "./privacy.ts";
import { findNamespace, unknownNamespace } from "./namespaceAccess.ts";
import type { Authorized, Reading, ScopedTx, Tx } from "../shared/tx.ts";
import { defined } from "../../../domain/defined.ts";

type Settings = Pick<
  Doc<"namespaces">,
  "repo" | "profiles" | "harnessDefaults" | "cascade" | "limits" | "retention"
>;
type EnsureArgs = { namespace: string; privateRepos?: string[] } & {
  [K in keyof Settings]?: Exclude<Settings[K], undefined>;
};

const EMPTY: Omit<Settings, "repo" | "retention"> = {
  profiles: [],
  harnessDefaults: {},
  cascade: [],
  limits: {},
};

/** See `namespaces:ensure`. */
export async function ensureNamespace(ctx: Tx & Authorized, args: EnsureArgs) {
  const { namespace: name, privateRepos, ...settings } = args;
  check(args);
  if (!grantsNamespace(ctx.caller, name)) return unknownNamespace(name);
  const known = await findNamespace(ctx, ctx.caller, name);
  const id =
    known?._id ??
    (await ctx.db.insert("namespaces", { name, paused: false, ...EMPTY, ...defined(settings) }));
  if (known !== null) await ctx.db.patch("namespaces", id, defined(settings));
  if (settings.repo !== undefined) await ensureRepo(ctx, id, settings.repo);
  if (privateRepos !== undefined) await setPrivate(ctx, id, privateRepos);
  return toNamespace(present(await ctx.db.get("namespaces", id), "a namespace"));
}

/** See `namespaces:get`. */
export async function getNamespace(ctx: Reading & Authorized, args: { namespace: string }) {
  const namespace = await findNamespace(ctx, ctx.caller, args.namespace);
  return namespace === null ? null : toNamespace(namespace);
}

/** See `namespaces:list`. */
export async function listNamespaces(ctx: Reading & Authorized) {
  return (await listGranted(ctx)).map(toNamespace);
}

/** See `namespaces:setPaused`. */
export async function setPaused(ctx: ScopedTx, { paused }: { paused: boolean }): Promise<null> {
  if (ctx.namespace.paused !== paused) await ctx.db.patch("namespaces", ctx.namespace._id, { paused });
  return null;
}

/** The namespaces that the caller's token grants and that exist, in order of their names. */
export async function listGranted(ctx: Reading & Authorized): Promise<Doc<"namespaces">[]> {
  const { namespaces } = ctx.caller;
  if (namespaces === "*") return ctx.db.query("namespaces").withIndex("by_name").take(MAX_PAGE);
  const names = [...new Set(namespaces)].sort().slice(0, MAX_PAGE);
  const found = await Promise.all(names.map((name) => findNamespace(ctx, ctx.caller, name)));
  return found.filter((namespace) => namespace !== null);
}

function check(args: EnsureArgs): void {
  checkName(args.namespace, "namespace");
  if (args.namespace === "*" || args.namespace.includes(",")) {
    fail(
      "INVALID",
      `namespace: "*" and commas have a meaning in tokens: use another name than ${JSON.stringify(args.namespace)}`,
    );
  }
  checkName(args.repo, "repo");
  checkNames(args.profiles, "profiles");
  checkNames(args.cascade, "cascade", MAX_CASCADE);
  checkNames(args.privateRepos, "privateRepos");
  checkNames(Object.keys(args.harnessDefaults ?? {}), "harnessDefaults");
  checkNames(Object.values(args.harnessDefaults ?? {}), "harnessDefaults");
  checkLimits(args.limits);
  checkRetention(args.retention);
}

async function ensureRepo(tx: Tx, namespace: Doc<"namespaces">["_id"], slug: string): Promise<void> {
  const known = await tx.db
    .query("repos")
    .withIndex("by_slug", (q) => q.eq("namespace", namespace).eq("slug", slug))
    .first();
  if (known === null) await tx.db.insert("repos", { namespace, slug, private: false });
}

function toNamespace({ _id, _creationTime, ...shown }: Doc<"namespaces">) {
  return { id: _id, ...shown };
}
