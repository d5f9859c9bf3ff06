import { bridgeCommand } from "../../acpBridge/command.ts";
import type { BridgeOrder } from "../../acpBridge/order.ts";
import { defined } from "../../../domain/defined.ts";
import { commandLine, type Launch, type LaunchOrder } from "../port.ts";

/**
 * The command line of the bridge, which starts the agent. Questions are answered by it: all with yes, or in the
 * restricted mode with yes for what only looks and for changes below the folder.
 */
export function launchAcp({ profile, prompt, resume, reportTool }: LaunchOrder): Launch {
  const order: BridgeOrder = {
    agent: commandLine(profile, "", []),
    permissions: profile.permissions ?? "bypass",
    ...defined({ model: profile.model, resume, reportTool: reportTool && [...reportTool] }),
  };
  return { argv: [...bridgeCommand(), JSON.stringify(order)], env: {}, stdin: prompt };
}
