import { readdirSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import * as z from "zod";
import { fillPlaceholders } from "../display/fill.ts";
import { renderTable } from "../display/table.ts";
import { atomicWrite } from "../files/atomicWrite.ts";
import { isFolder } from "../files/look.ts";
import { expandPath } from "../files/paths.ts";
import { checkShape, parseYaml } from "../files/parse.ts";
import { readBounded } from "../files/readBounded.ts";
import { shippedTemplates } from "../files/templates.ts";
import { PortfolioError } from "../problem.ts";

/** A guide for work in several steps. `needs` names the placeholders that `use` must be given. */
export type Playbook = {
  name: string;
  title: string;
  purpose: string;
  needs: string[];
  text: string;
  source: string;
};

export type UseRequest = {
  workspace?: string | undefined;
  name: string;
  values: Readonly<Record<string, string>>;
  output?: string | undefined;
};

const frontSchema = z.looseObject({
  title: z.string().nullish(),
  purpose: z.string().nullish(),
  needs: z.array(z.string()).nullish(),
});

/** The playbooks that ship with Drover, and those of the workspace's `playbooks/` folder, which win by name. */
export function listPlaybooks(workspace: string | undefined): Playbook[] {
  const own = join(expandPath(workspace ?? "."), "playbooks");
  const found = [shippedTemplates("playbooks"), own].filter(isFolder).flatMap(readFolder);
  const byName = new Map(found.map((one) => [one.name, one]));
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** One playbook by name, with or without ".md". Throws a usage error that lists the names that exist. */
export function findPlaybook(workspace: string | undefined, name: string): Playbook {
  const all = listPlaybooks(workspace);
  const found = all.find((one) => one.name === name.replace(/\.md$/, ""));
  if (found) return found;
  throw new PortfolioError(
    "usage",
    `unknown playbook ${JSON.stringify(name)}: expected one of ${all.map((one) => one.name).join(", ")}`,
  );
}

/**
 * Fills a playbook in. The text is a plan: front matter with a title, then the guide, ready to become an assignment.
 * With `output` it is written there. Throws a usage error that names every value that is missing.
 */
export function usePlaybook(request: UseRequest): {
  name: string;
  title: string;
  text: string;
  written: string | null;
} {
  const playbook = findPlaybook(request.workspace, request.name);
  const missing = playbook.needs.filter((name) => (request.values[name] ?? "").trim() === "");
  if (missing.length > 0) {
    const flags = missing.map((name) => `--set ${name}=…`).join(" ");
    throw new PortfolioError("usage", `playbook ${playbook.name} needs ${missing.join(", ")}: pass ${flags}`);
  }
  const title = fillPlaceholders(playbook.title, request.values);
  const text = `---\n${stringify({ title, playbook: playbook.name })}---\n\n${fillPlaceholders(playbook.text, request.values)}`;
  const written = request.output === undefined ? null : expandPath(request.output);
  if (written !== null) atomicWrite(written, text);
  return { name: playbook.name, title, text, written };
}

/** The table of `drover playbook list`. */
export function playbookTable(playbooks: readonly Playbook[]): string {
  return renderTable(
    ["PLAYBOOK", "PURPOSE", "NEEDS"],
    playbooks.map((one) => [one.name, one.purpose, one.needs.join(", ")]),
  );
}

function readFolder(folder: string): Playbook[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".md"))
    .flatMap((file) => {
      const path = join(folder, file);
      const read = readBounded(path);
      return read.kind === "text" ? [parsePlaybook(file.slice(0, -".md".length), path, read.text)] : [];
    });
}

function parsePlaybook(name: string, path: string, text: string): Playbook {
  const [, front = "", body = text] = /^---\r?\n([\s\S]*?)\r?\n---\r?\n([\s\S]*)$/.exec(text) ?? [];
  const { title, purpose, needs } = checkShape(path, frontSchema, parseYaml(path, front) ?? {});
  const heading = /^# +(.+)$/m.exec(body)?.[1]?.trim();
  return {
    name,
    title: title ?? heading ?? name,
    purpose: purpose ?? "",
    needs: needs ?? [],
    text: body.trimStart(),
    source: path,
  };
}
