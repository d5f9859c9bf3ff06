/** OpenCode (`opencode run --format json`). */
import type { Harness } from "../port.ts";
import { launchOpencode } from "./launch.ts";
import { readOpencode } from "./read.ts";

export const opencode: Harness = {
  kind: "opencode",
  program: "opencode",
  versionArgs: ["--version"],
  // It speaks to any provider, so every provider's key may be meant.
  keepsSecret: /^(\w+_API_KEY|\w+_AUTH_TOKEN|OPENCODE_\w+|AWS_\w+|AZURE_\w+|GOOGLE_\w+|CLOUDFLARE_\w+)$/,
  launch: launchOpencode,
  read: readOpencode,
};
