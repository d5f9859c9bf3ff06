/** Bytes `from` up to `to`, which is exclusive. */
export interface Range {
  readonly from: number;
  readonly to: number;
}
export type Wanted = { kind: "whole" } | ({ kind: "part" } & Range) | { kind: "none" };

/**
 * What a `Range` header asks of a body with `size` bytes (RFC 9110 §14): one range of bytes is understood. Anything
 * else, several ranges too, is ignored, as the RFC allows: the whole body answers it. `none`: it lies outside.
 */
export function wantedRange(header: string | undefined, size: number): Wanted {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "") ?? [];
  if (first === undefined || last === undefined) return { kind: "whole" };
  if (first !== "") return between(Number(first), last === "" ? Infinity : Number(last), size);
  return last === "" ? { kind: "whole" } : between(size - Math.min(Number(last), size), Infinity, size);
}

/** From the byte `first` to the byte `last`, which is part of it. */
function between(first: number, last: number, size: number): Wanted {
  if (last < first) return { kind: "whole" };
  if (first >= size) return { kind: "none" };
  return { kind: "part", from: first, to: Math.min(last + 1, size) };
}
