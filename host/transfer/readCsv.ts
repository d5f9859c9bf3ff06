import { DeveloperError } from "../values/errors.ts";
import type { ConvexJson, ConvexObject } from "../values/json.ts";

/**
 * Documents of a CSV file with a header line: numbers become numbers, everything else text, empty cells are left out
 * (as in Convex's import guide).
 * @throws DeveloperError when a line has another number of cells than the header
 */
export function readCsv(text: string): ConvexObject[] {
  const [header, ...rows] = cells(text);
  if (header === undefined) return [];
  return rows.map((row, i) => {
    if (row.length !== header.length) {
      throw new DeveloperError(`Line ${i + 2} has ${row.length} cells, the header has ${header.length}.`);
    }
    const fields = header.map((name, at): [string, ConvexJson] => [name, cellValue(row[at] ?? "")]);
    return Object.fromEntries(fields.filter(([, value]) => value !== ""));
  });
}

function cellValue(cell: string): ConvexJson {
  const number = Number(cell);
  return cell.trim() !== "" && Number.isFinite(number) ? number : cell;
}

/** RFC 4180: quotes around cells that hold commas, line ends or doubled quotes. */
function cells(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    row.push(quoted?.replaceAll('""', '"') ?? plain ?? "");
    if (end === ",") continue;
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
  }
  return rows;
}
