import { z } from "zod";
import { isNestedDeeper } from "./nesting.ts";
import type { ConvexJson } from "../values/json.ts";

/**
 * The sync protocol's messages (browser/sync/protocol.ts of the convex package). Timestamps are u64, written as
 * base64 of 8 little-endian bytes.
 */
const json = z.custom<ConvexJson>((value) => value !== undefined);
const count = z.number().int().nonnegative();
const args = z.array(json);

const addQuery = z.object({
  type: z.literal("Add"),
  queryId: count,
  udfPath: z.string(),
  args,
  journal: z.string().nullish(),
  componentPath: z.string().nullish(),
});
const removeQuery = z.object({ type: z.literal("Remove"), queryId: count });
const call = { requestId: count, udfPath: z.string(), args, componentPath: z.string().nullish() };

const clientMessage = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("Connect"),
    sessionId: z.string().min(1).max(64),
    connectionCount: count,
    maxObservedTimestamp: z.string().nullish(),
  }),
  z.object({
    type: z.literal("Authenticate"),
    tokenType: z.enum(["User", "Admin", "None"]),
    value: z.string().optional(),
    impersonating: z.record(z.string(), json).nullish(),
    baseVersion: count,
  }),
  z.object({
    type: z.literal("ModifyQuerySet"),
    baseVersion: count,
    newVersion: count,
    modifications: z.array(z.discriminatedUnion("type", [addQuery, removeQuery])),
  }),
  z.object({ type: z.literal("Mutation"), ...call }),
  z.object({ type: z.literal("Action"), ...call }),
  z.object({ type: z.literal("Event") }),
]);

export type ClientMessage = z.infer<typeof clientMessage>;
export type MessageOf<T extends ClientMessage["type"]> = Extract<ClientMessage, { type: T }>;
export type AddQuery = z.infer<typeof addQuery>;

/** A frame that no client of this protocol sends. */
export class BadMessage extends Error {
  override name = "BadMessage";
}

/** Values may be nested 64 deep; a message puts a few levels around them. */
const MOST_NESTED = 100;

/** @throws BadMessage naming what was wrong */
export function parseClientMessage(text: string): ClientMessage {
  if (isNestedDeeper(text, MOST_NESTED)) {
    throw new BadMessage(`Received a message that is nested deeper than ${MOST_NESTED} levels`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BadMessage("Received a frame that is no JSON");
  }
  const parsed = clientMessage.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new BadMessage(`Received an invalid message: ${z.prettifyError(parsed.error)}`);
}

export function encodeTs(ts: bigint): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(ts);
  return bytes.toString("base64");
}

/** @throws BadMessage when the text is no u64 */
export function decodeTs(text: string): bigint {
  const bytes = Buffer.from(text, "base64");
  if (bytes.length !== 8) throw new BadMessage(`Expected base64 of 8 bytes, got ${JSON.stringify(text)}`);
  return bytes.readBigUInt64LE(0);
}
