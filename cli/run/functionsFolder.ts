import { existsSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../config/packageRoot.ts";
import { CliError, EXIT } from "../output/errors.ts";

/** The Convex functions: the sources in a checkout, what was bundled beside the code in the installed package. */
export function functionsFolder(): string {
  const sources = join(packageRoot(), "convex");
  if (existsSync(sources)) return sources;
  const bundled = join(packageRoot(), "dist", "functions");
  if (existsSync(bundled)) return bundled;
  throw new CliError(
    `the functions are missing: expected ${bundled}; install the package again`,
    EXIT.failed,
  );
}
