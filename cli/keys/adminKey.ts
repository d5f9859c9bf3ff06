import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createOnce } from "./createOnce.ts";
import { ensureHome } from "./home.ts";

const KEY_BYTES = 32;

/**
 * The admin key of this machine's host, made on first need: with it Convex' own CLI (`npx convex run`, `data`) may
 * look into the embedded host. Drover itself uses signed tokens.
 */
export function ensureAdminKey(home: string): string {
  const file = join(ensureHome(home), "admin-key");
  if (!existsSync(file)) createOnce(file, `drover|${randomBytes(KEY_BYTES).toString("hex")}`);
  return readFileSync(file, "utf8").trim();
}
