import type { ConvexJson } from "../values/json.ts";
import { plainJson } from "../values/plainJson.ts";

/** Documents of a page; a transaction with more comes whole. */
export const PAGE_DOCUMENTS = 256;
/** A page ends with the document that reaches this many characters. */
const PAGE_CHARS = 4 * 1024 * 1024;

export interface PageRequest {
  /** Of all tables when it is missing. */
  readonly tableName?: string | undefined;
  readonly format: "json" | "convex_encoded_json";
}
export interface Page<Cursor> {
  /** JSON texts: timestamps stand in them as integers, which JSON.stringify cannot write. */
  readonly values: string[];
  readonly hasMore: boolean;
  readonly cursor: Cursor;
}
export interface Origin {
  readonly table: string;
  readonly ts: bigint;
}

/** The values of a page as they come together. */
export class Values {
  readonly texts: string[] = [];
  readonly #format: PageRequest["format"];
  #chars = 0;

  constructor(format: PageRequest["format"]) {
    this.#format = format;
  }

  get isFull(): boolean {
    return this.texts.length >= PAGE_DOCUMENTS || this.#chars >= PAGE_CHARS;
  }

  /** Adds a document with its origin. */
  add(json: string, origin: Origin): void {
    const isPlain = this.#format === "json";
    const text = isPlain ? JSON.stringify(plainJson(JSON.parse(json) as ConvexJson)) : json;
    this.#add(`{${metadata(origin)},${text.slice(1)}`);
  }

  addDeleted(id: string, origin: Origin): void {
    this.#add(`{"_id":${JSON.stringify(id)},"_deleted":true,${metadata(origin)}}`);
  }

  #add(text: string): void {
    this.texts.push(text);
    this.#chars += text.length;
  }
}

/** A host has one component, the app, whose path is empty. */
function metadata({ table, ts }: Origin): string {
  return `"_component":"","_table":${JSON.stringify(table)},"_ts":${ts}`;
}
