import { Option, type Command } from "@commander-js/extra-typings";
import { api } from "../../convex/_generated/api.js";
import { NAME_PATTERN } from "../../domain/config.ts";
import type { TokenClaims } from "../../domain/roles.ts";
import { openBackend } from "../backend/client.ts";
import type { TokenRow } from "../backend/wire.ts";
import { commonFlags } from "../commonOptions.ts";
import { loadSettings, requireNamespace } from "../config/settings.ts";
import { parseDuration } from "../input.ts";
import { signToken } from "../keys/sign.ts";
import { readSigningKey } from "../keys/signingKey.ts";
import { color } from "../output/color.ts";
import { CliError, EXIT, usageError } from "../output/errors.ts";
import { printData, say } from "../output/print.ts";
import { table } from "../output/table.ts";

const GRANTED_ROLES = ["admin", "runner", "viewer"] as const;

export function register(program: Command): void {
  const token = program
    .command("token")
    .description("Create, list and revoke access tokens for other machines and people.");
  registerCreate(token);
  registerList(token);
  registerRevoke(token);
}

function registerCreate(token: Command): void {
  token
    .command("create")
    .description("Sign a token with this machine's key and register it. It is printed once.")
    .addOption(new Option("--role <role>", "what it may do").choices(GRANTED_ROLES).makeOptionMandatory())
    .option("--pool <pool...>", "runner: the pools it may serve (default: all)")
    .option("--all-namespaces", "for every namespace of the backend instead of one")
    .option("--expires <time>", "how long it is good, like 12h or 30d", "30d")
    .option("--label <text>", "what it is for, to know it again in the list (default: its role)")
    .action(async (options, command) => {
      const flags = commonFlags(command);
      const settings = loadSettings(flags);
      const key = readSigningKey();
      if (key === null) {
        throw new CliError(
          "this machine holds no signing key: create tokens where `drover up` runs",
          EXIT.notAllowed,
        );
      }
      const namespaces = options.allNamespaces === true ? "*" : requireNamespace(settings);
      if (options.pool !== undefined && options.role !== "runner") {
        throw usageError(`--pool is for runner tokens, this one is for ${options.role}`);
      }
      const claims: TokenClaims = { role: options.role, namespaces, ...poolsClaim(options) };
      const seconds = Math.ceil(parseDuration(options.expires, "--expires") / 1000);
      const signed = await signToken(key, { claims, seconds });
      const { jti, expiresAt } = signed;
      await openBackend(settings).mutation(api.tokens.register, {
        jti,
        role: options.role,
        namespaces,
        label: options.label ?? options.role,
        expiresAt,
      });
      say(`good until ${new Date(expiresAt).toISOString()}; revoke it with: drover token revoke ${jti}`);
      say("it is shown this once; on the other machine: export DROVER_TOKEN=…");
      printData(
        { token: signed.token, jti, role: options.role, namespaces, expiresAt },
        (t) => t.token,
        flags,
      );
    });
}

function poolsClaim({ role, pool }: { role: string; pool?: string[] | undefined }): { pools?: string } {
  if (role !== "runner") return {};
  const bad = pool?.find((name) => !NAME_PATTERN.test(name));
  if (bad !== undefined) throw usageError(`--pool: "${bad}" is no name (letters, digits, ., _ and -)`);
  return { pools: pool?.join(",") ?? "*" };
}

function registerList(token: Command): void {
  token
    .command("list")
    .description("List the registered tokens.")
    .action(async (_options, command) => {
      const flags = commonFlags(command);
      const tokens = await openBackend(loadSettings(flags)).query(api.tokens.list, {});
      printData(tokens, renderTokens, flags);
    });
}

function registerRevoke(token: Command): void {
  token
    .command("revoke <jti>")
    .description("Revoke a token: what uses it is refused at once.")
    .action(async (jti, _options, command) => {
      const flags = commonFlags(command);
      await openBackend(loadSettings(flags)).mutation(api.tokens.revoke, { jti });
      printData({ jti, revoked: true }, () => `revoked ${jti}`, flags);
    });
}

function renderTokens(tokens: TokenRow[]): string {
  if (tokens.length === 0) return "no tokens: make one with `drover token create --role runner`";
  const now = Date.now();
  const state = (t: TokenRow) =>
    t.revoked ? color.red("revoked") : t.expiresAt < now ? color.dim("expired") : color.green("good");
  return table([
    ["ROLE", "NAMESPACES", "STATE", "UNTIL", "ID", "LABEL"].map((h) => color.dim(h)),
    ...tokens.map((t) => [
      t.role,
      t.namespaces,
      state(t),
      new Date(t.expiresAt).toISOString().slice(0, 10),
      t.jti,
      t.label,
    ]),
  ]);
}
