/** The prompt of one attempt: find the template of the job's type, fill it in. */
import { join } from "node:path";
import { renderPrompt } from "./render.ts";
import { BUILT_IN_TEMPLATES, findTemplate, REPO_TEMPLATES } from "./templateFile.ts";
import { variablesFor, type PromptSource } from "./variables.ts";

export interface PromptPlace {
  /** The checkout, whose `.drover/templates` wins. */
  repoPath: string;
  /** The namespace's own template folder, if it has one. */
  templates?: string | undefined;
  /** What an earlier attempt left behind; empty when nothing. */
  handover: string;
}

/** The whole prompt for an agent. Throws TemplateError. */
export async function promptFor(source: PromptSource, place: PromptPlace): Promise<string> {
  const folders = [join(place.repoPath, REPO_TEMPLATES), place.templates, BUILT_IN_TEMPLATES];
  const template = await findTemplate(
    source.job.type,
    folders.filter((folder) => folder !== undefined),
  );
  return renderPrompt(template, variablesFor(source, place.handover));
}
