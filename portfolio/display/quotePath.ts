import { clean } from "../../domain/clean.ts";

/** A foreign path as it may stand in a prompt: bare when plain, else quoted as JSON so that its end is visible. */
export function quotePath(path: string): string {
  return /^[\w./@+-]+$/.test(path) ? path : clean(JSON.stringify(path));
}
