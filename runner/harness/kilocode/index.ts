/** Kilo Code CLI (`kilo run --format json`), a relative of OpenCode: it prints the same lines. */
import type { Harness } from "../port.ts";
import { launchKilocode } from "./launch.ts";

/** Everything but the reader, which is that of its relative: adapters do not import each other, the registry joins. */
export const kilocode: Omit<Harness, "read"> = {
  kind: "kilocode",
  program: "kilo",
  versionArgs: ["--version"],
  // It speaks to any provider, so every provider's key may be meant.
  keepsSecret: /^(\w+_API_KEY|\w+_AUTH_TOKEN|KILO_\w+|AWS_\w+|AZURE_\w+|GOOGLE_\w+|CLOUDFLARE_\w+)$/,
  launch: launchKilocode,
};
