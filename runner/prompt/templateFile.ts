/**
 * Finds and reads the template of a job type: the repo's own (`.drover/templates/<type>.md`), else the namespace's
 * folder, else the one that ships with Drover.
 */
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { z } from "zod";
import { isJobType } from "../../domain/jobTypes.ts";
import { TemplateError } from "./templateError.ts";

export const BUILT_IN_TEMPLATES = fileURLToPath(new URL("../../templates/", import.meta.url));
/** Where a repo overrides templates, from its root. */
export const REPO_TEMPLATES = join(".drover", "templates");

const FrontMatter = z.strictObject({ title: z.string().min(1), description: z.string().optional() });

export interface Template {
  /** The file, as errors name it. */
  file: string;
  title: string;
  description?: string;
  body: string;
  /** Line of the file on which the body begins, so that errors give the line of the file. */
  bodyLine: number;
}

/**
 * The template of `type` from the first of `folders` that has one.
 * Throws TemplateError when none has (listing the types there are), or when the front matter is wrong.
 */
export async function findTemplate(type: string, folders: readonly string[]): Promise<Template> {
  // Only words become file names: a type from the backend must not lead out of the folder.
  if (/^[A-Za-z][A-Za-z0-9_-]*$/.test(type)) {
    for (const folder of folders) {
      const file = join(folder, `${type}.md`);
      const text = await readIfThere(file);
      if (text !== undefined) return parseTemplate(file, text);
    }
  }
  const types = await typesIn(folders);
  const known = isJobType(type) ? "" : " (and no job type of this name exists)";
  throw new TemplateError(
    `No template for job type "${type}"${known}: expected ${type}.md in ${folders.join(" or ")}. ` +
      `There are templates for: ${types.join(", ") || "no type at all"}.`,
  );
}

/** Splits a template into front matter and body. Throws TemplateError when the front matter is missing or wrong. */
export function parseTemplate(file: string, text: string): Template {
  const match = /^---\r?\n([\s\S]*?)\r?\n---[ \t]*\r?\n?/.exec(text);
  if (match?.[1] === undefined)
    throw new TemplateError(
      `Template ${file}: expected front matter ("---", "title: ...", "---") at its top, but found none.`,
    );
  const front = FrontMatter.safeParse(parseYaml(file, match[1]));
  if (!front.success)
    throw new TemplateError(
      `Template ${file}: front matter takes "title" (required) and "description"; ` +
        z.prettifyError(front.error).replaceAll("\n", " "),
    );
  const { title, description } = front.data;
  return {
    file,
    title,
    ...(description === undefined ? {} : { description }),
    body: text.slice(match[0].length),
    bodyLine: match[0].split("\n").length,
  };
}

function parseYaml(file: string, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new TemplateError(`Template ${file}: front matter is no YAML: ${(error as Error).message}`);
  }
}

async function typesIn(folders: readonly string[]): Promise<string[]> {
  const names = await Promise.all(folders.map((folder) => readdir(folder).catch(() => [] as string[])));
  const types = names.flat().filter((name) => name.endsWith(".md"));
  return [...new Set(types.map((name) => name.slice(0, -".md".length)))].sort();
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new TemplateError(`Template ${file} cannot be read: ${(error as Error).message}`);
  }
}
