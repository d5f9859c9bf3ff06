import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Config } from "../../domain/config.ts";
import { isBuilt, packageRoot } from "../config/packageRoot.ts";
import { DEMO_SLUG } from "./demoRepo.ts";
import { STAND_IN_ROLES } from "./script.ts";

export const DEMO_NAMESPACE = "demo";

/** The demo's configuration: each role is played by the stand-in, through the harness for arbitrary programs. */
export function demoConfig(repo: string): Config {
  const roles = Object.keys(STAND_IN_ROLES);
  const profiles = roles.map((role) => [
    `stand-in-${role}`,
    { type: "command" as const, command: [...standIn(), role] },
  ]);
  return {
    namespace: DEMO_NAMESPACE,
    repo: DEMO_SLUG,
    repos: { [DEMO_SLUG]: repo },
    harnesses: Object.fromEntries(profiles) as NonNullable<Config["harnesses"]>,
    harnessDefaults: Object.fromEntries(roles.map((role) => [role, `stand-in-${role}`])),
  };
}

/** The stand-in as a program: built in the package, through tsx in a checkout. */
function standIn(): string[] {
  const root = packageRoot();
  if (isBuilt()) return [process.execPath, join(root, "dist", "cli", "standInAgent.js")];
  const source = join(root, "cli", "demo", "standInAgent.ts");
  const tsx = pathToFileURL(join(root, "node_modules", "tsx", "dist", "loader.mjs")).href;
  return [process.execPath, "--import", tsx, source];
}
