import { commonFlags } from "../commonOptions.ts";
import { type CommonFlags, loadSettings, requireNamespace, type Settings } from "../config/settings.ts";
import { type Backend, openBackend } from "./client.ts";

/** What a command of the queue works with. */
export interface Session {
  flags: CommonFlags;
  settings: Settings;
  namespace: string;
  backend: Backend;
}

/** Opens the backend for a command that acts in one namespace. */
export function openSession(command: { opts(): unknown }): Session {
  const flags = commonFlags(command);
  const settings = loadSettings(flags);
  return { flags, settings, namespace: requireNamespace(settings), backend: openBackend(settings) };
}
