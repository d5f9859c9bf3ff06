import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The program and arguments that start the bridge: a file of its own in the package, through tsx in a checkout. */
export function bridgeCommand(): string[] {
  if (!import.meta.url.endsWith(".ts"))
    return [process.execPath, fileURLToPath(new URL("../runner/acpBridge.js", import.meta.url))];
  const loader = createRequire(import.meta.url).resolve("tsx");
  const main = fileURLToPath(new URL("./main.ts", import.meta.url));
  return [process.execPath, "--import", pathToFileURL(loader).href, main];
}
