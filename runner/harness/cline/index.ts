/** Cline CLI (`cline --json`). */
import type { Harness } from "../port.ts";
import { launchCline } from "./launch.ts";
import { readCline } from "./read.ts";

export const cline: Harness = {
  kind: "cline",
  program: "cline",
  versionArgs: ["--version"],
  // It speaks to any provider, so every provider's key may be meant.
  keepsSecret: /^(\w+_API_KEY|\w+_AUTH_TOKEN|CLINE_\w+|AWS_\w+|AZURE_\w+|GOOGLE_\w+)$/,
  launch: launchCline,
  read: readCline,
};
