import type {
  PermissionOptionKind,
  RequestPermissionRequest,
  RequestPermissionResponse,
} from "@agentclientprotocol/sdk";
import { isAbsolute, relative, resolve } from "node:path";

/** What a restricted agent may do by itself: look, think, and change files below its folder. */
const HARMLESS = ["read", "search", "think"];
const CHANGES = ["edit", "move", "delete"];
/** Never "always" where "once" is offered: agents write such answers into the repo's or the user's settings. */
const YES: readonly PermissionOptionKind[] = ["allow_once", "allow_always"];
const NO: readonly PermissionOptionKind[] = ["reject_once", "reject_always"];

export interface Decision {
  allowed: boolean;
  response: RequestPermissionResponse;
}

/** The answer to an agent's question whether it may use a tool. */
export function decide(
  { toolCall, options }: RequestPermissionRequest,
  { permissions, cwd }: { permissions: "bypass" | "restricted"; cwd: string },
): Decision {
  const wanted = permissions === "bypass" || isAllowed(toolCall, cwd);
  const option = (wanted ? YES : NO)
    .map((kind) => options.find((one) => one.kind === kind))
    .find((one) => one !== undefined);
  // No such option: the only other answer of the protocol is that nobody chose.
  if (option === undefined) return { allowed: false, response: { outcome: { outcome: "cancelled" } } };
  return { allowed: wanted, response: { outcome: { outcome: "selected", optionId: option.optionId } } };
}

function isAllowed({ kind, locations }: RequestPermissionRequest["toolCall"], cwd: string): boolean {
  if (HARMLESS.includes(kind ?? "")) return true;
  const places = (locations ?? []).map(({ path }) => relative(cwd, resolve(cwd, path)));
  // A change that names no place may be anywhere.
  return (
    CHANGES.includes(kind ?? "") &&
    places.length > 0 &&
    places.every((place) => place !== ".." && !place.startsWith("../") && !isAbsolute(place))
  );
}
