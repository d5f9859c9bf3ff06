import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { checkTemplate } from "../../runner/prompt/render.ts";
import { BUILT_IN_TEMPLATES, findTemplate, REPO_TEMPLATES } from "../../runner/prompt/templateFile.ts";
import { fail, type Finding, ok } from "./finding.ts";

/** Renders every template that a job of this repo could get, the repo's own before the built-in ones. */
export async function checkTemplates(root: string): Promise<Finding[]> {
  const own = join(root, REPO_TEMPLATES);
  const folders = [own, BUILT_IN_TEMPLATES].filter((folder) => existsSync(folder));
  const files = (await Promise.all(folders.map((folder) => readdir(folder)))).flat();
  const types = [
    ...new Set(files.filter((file) => file.endsWith(".md")).map((file) => file.slice(0, -".md".length))),
  ];
  const problems = await Promise.all(types.map((type) => lint(type, folders)));
  const broken = problems.filter((problem) => problem !== null);
  if (broken.length > 0) return broken;
  const overrides = existsSync(own) ? `, overrides in ${own}` : "";
  return [ok("templates", `${types.length} render${overrides}`)];
}

async function lint(type: string, folders: string[]): Promise<Finding | null> {
  try {
    checkTemplate(await findTemplate(type, folders));
    return null;
  } catch (error) {
    return fail(
      `template ${type}`,
      (error as Error).message,
      "repair it, or remove it to get the built-in one",
    );
  }
}
