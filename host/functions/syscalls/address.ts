import { DeveloperError } from "../../values/errors.ts";
import { canonicalPath } from "../registry.ts";

/** How a function names another: `getFunctionAddress` in server/components/paths.ts of the convex package. */
export interface Address {
  name?: string;
  reference?: string;
  functionHandle?: string;
}

const HANDLE = "function://";

/** The canonical path behind an address. */
export function pathOf(address: Address): string {
  if (address.name !== undefined) return canonicalPath(address.name);
  if (address.functionHandle?.startsWith(HANDLE)) {
    return canonicalPath(address.functionHandle.slice(HANDLE.length));
  }
  throw new DeveloperError(
    `${address.reference ?? "This reference"} is part of a component, and the embedded host has no components.`,
  );
}

export function handleOf(path: string): string {
  return `${HANDLE}${path}`;
}
