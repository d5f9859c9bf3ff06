import { unzipSync } from "fflate";
import { DeveloperError, messageOf } from "../values/errors.ts";
import { type ConvexJson, type ConvexObject, textOf } from "../values/json.ts";
import { readCsv } from "./readCsv.ts";

export const IMPORT_FORMATS = ["csv", "jsonLines", "jsonArray", "zip"] as const;
export type ImportFormat = (typeof IMPORT_FORMATS)[number];

/** What an uploaded file holds. */
export interface ImportedTable {
  readonly name: string;
  /** Number that stands in the ids, when the file says so. */
  readonly number: number | null;
  readonly documents: readonly ConvexObject[];
}
export interface ImportContent {
  readonly tables: readonly ImportedTable[];
  /** Bytes of stored files by the id of their document. */
  readonly files: ReadonlyMap<string, Buffer>;
}

const STORAGE = "_storage";

/**
 * Reads an uploaded file.
 * @throws DeveloperError naming file and line when it is not of the format
 */
export function readImport(bytes: Buffer, format: ImportFormat, table: string | null): ImportContent {
  if (format === "zip") return readZip(bytes);
  if (table === null) throw new DeveloperError(`An import of format ${format} must name its table.`);
  const documents = readDocuments(bytes, format, table);
  return { tables: [{ name: table, number: null, documents }], files: new Map() };
}

function readDocuments(
  bytes: Buffer,
  format: Exclude<ImportFormat, "zip">,
  table: string,
): readonly ConvexObject[] {
  const text = bytes.toString("utf8");
  switch (format) {
    case "csv":
      return readCsv(text);
    case "jsonLines":
      return readLines(text, table);
    case "jsonArray": {
      const value = parse(text, table);
      if (!Array.isArray(value))
        throw new DeveloperError(`Expected a JSON array of documents for "${table}".`);
      return value.map((each) => asDocument(each, table));
    }
    default:
      return format satisfies never;
  }
}

function readZip(bytes: Buffer): ImportContent {
  const entries = Object.entries(unpack(bytes)).map(([path, content]) => {
    const [folder = "", file = ""] = path.split("/");
    return { folder, file, content: Buffer.from(content) };
  });
  const lists = entries.filter(({ file }) => file === "documents.jsonl");
  const numbers = numbersOf(lists.find(({ folder }) => folder === "_tables")?.content);
  const tables = lists
    .filter(({ folder }) => !folder.startsWith("_") || folder === STORAGE)
    .map(({ folder, content }) => ({
      name: folder,
      number: numbers.get(folder) ?? null,
      documents: readLines(content.toString("utf8"), folder),
    }));
  const blobs = entries.filter(({ folder, file }) => folder === STORAGE && file && !file.endsWith(".jsonl"));
  // Other exports add an extension to the id.
  const files = new Map(blobs.map(({ file, content }) => [file.replace(/\..*$/, ""), content]));
  return { tables, files };
}

function numbersOf(list: Buffer | undefined): Map<string, number> {
  const rows = readLines(list?.toString("utf8") ?? "", "_tables");
  return new Map(rows.map(({ name, id }) => [textOf(name), Number(id)]));
}

function unpack(bytes: Buffer): Record<string, Uint8Array> {
  try {
    return unzipSync(bytes);
  } catch (error) {
    throw new DeveloperError(`The file is no zip archive: ${messageOf(error)}`);
  }
}

function readLines(text: string, table: string): ConvexObject[] {
  const lines = text.split("\n");
  return lines.flatMap((line, i) =>
    line.trim() === "" ? [] : [asDocument(parse(line, `${table}, line ${i + 1}`), `${table}, line ${i + 1}`)],
  );
}

function parse(text: string, where: string): ConvexJson {
  try {
    return JSON.parse(text) as ConvexJson;
  } catch (error) {
    throw new DeveloperError(`${where}: expected JSON: ${messageOf(error)}`);
  }
}

function asDocument(value: ConvexJson, where: string): ConvexObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new DeveloperError(`${where}: expected a JSON object, got ${JSON.stringify(value).slice(0, 100)}`);
}
