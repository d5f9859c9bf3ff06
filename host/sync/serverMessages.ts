import type { Answer } from "../functions/engine.ts";
import type { CallOutcome } from "../functions/outcome.ts";
import type { SharedQuery } from "../subscriptions/subscriptions.ts";
import { encodeTs } from "./protocol.ts";

/** Results stand in messages as the JSON text that the function gave, never parsed and written again. */

/** A longer Transition goes out in parts of this many characters (clients of convex 1.28 and later join them). */
const CHUNK_CHARS = 5 * 1024 * 1024;

export interface Version {
  readonly querySet: number;
  readonly identity: number;
  readonly ts: bigint;
}

export function mutationResponse(requestId: number, { outcome, ts }: Answer): string {
  const rest = outcome.kind === "success" ? `,"ts":"${encodeTs(ts)}"` : "";
  return callResponse("MutationResponse", requestId, { outcome, rest });
}

export function actionResponse(requestId: number, outcome: CallOutcome): string {
  return callResponse("ActionResponse", requestId, { outcome, rest: "" });
}

function callResponse(
  type: "MutationResponse" | "ActionResponse",
  requestId: number,
  { outcome, rest }: { outcome: CallOutcome; rest: string },
): string {
  const isSuccess = outcome.kind === "success";
  const result = isSuccess ? outcome.value : JSON.stringify(outcome.message);
  const data = isSuccess || outcome.data === undefined ? "" : `,"errorData":${JSON.stringify(outcome.data)}`;
  const logLines = JSON.stringify(outcome.logLines);
  return `{"type":"${type}","requestId":${requestId},"success":${isSuccess},"result":${result}${rest}${data},"logLines":${logLines}}`;
}

/** The frames of one Transition. */
export function transition(start: Version, end: Version, modifications: string[]): string[] {
  const text = `{"type":"Transition","startVersion":${version(start)},"endVersion":${version(end)},"modifications":[${modifications.join(",")}]}`;
  if (text.length <= CHUNK_CHARS) return [text];
  const totalParts = Math.ceil(text.length / CHUNK_CHARS);
  const transitionId = encodeTs(end.ts);
  return Array.from({ length: totalParts }, (_, partNumber) => {
    const chunk = text.slice(partNumber * CHUNK_CHARS, (partNumber + 1) * CHUNK_CHARS);
    return JSON.stringify({ type: "TransitionChunk", chunk, partNumber, totalParts, transitionId });
  });
}

/** The modification that brings a query's present result. */
export function queryResult(queryId: number, { answer }: SharedQuery): string {
  if (answer === null) throw new Error(`query ${queryId} has no result yet`);
  const { outcome, journal } = answer;
  const rest = `"logLines":${JSON.stringify(outcome.logLines)},"journal":${JSON.stringify(journal)}`;
  if (outcome.kind === "success") {
    return `{"type":"QueryUpdated","queryId":${queryId},"value":${outcome.value},${rest}}`;
  }
  const data = outcome.data === undefined ? "" : `"errorData":${JSON.stringify(outcome.data)},`;
  return `{"type":"QueryFailed","queryId":${queryId},"errorMessage":${JSON.stringify(outcome.message)},${data}${rest}}`;
}

export function queryRemoved(queryId: number): string {
  return `{"type":"QueryRemoved","queryId":${queryId}}`;
}

export const PING = '{"type":"Ping"}';

export function fatalError(error: string): string {
  return JSON.stringify({ type: "FatalError", error });
}

/** `attempted`: the client's Authenticate was refused; else its token ran out while it was connected. */
export function authError(error: string, baseVersion: number, attempted: boolean): string {
  return JSON.stringify({ type: "AuthError", error, baseVersion, authUpdateAttempted: attempted });
}

function version({ querySet, identity, ts }: Version): string {
  return `{"querySet":${querySet},"identity":${identity},"ts":"${encodeTs(ts)}"}`;
}
