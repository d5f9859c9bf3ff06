/** Aider (`aider --message-file`). By its documentation and its messages; no run of it was recorded. */
import type { Harness } from "../port.ts";
import { launchAider } from "./launch.ts";
import { readAider } from "./read.ts";

export const aider: Harness = {
  kind: "aider",
  program: "aider",
  versionArgs: ["--version"],
  // It speaks to any provider, so every provider's key may be meant.
  keepsSecret: /^(\w+_API_KEY|\w+_AUTH_TOKEN|AIDER_\w+|AWS_\w+|AZURE_\w+|GOOGLE_\w+)$/,
  launch: launchAider,
  read: readAider,
};
