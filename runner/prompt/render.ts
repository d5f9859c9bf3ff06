/** Renders a template strictly: an unknown variable, filter or tag is an error, not an empty place in a prompt. */
import { Liquid, type Template as Parsed } from "liquidjs";
import { TemplateError } from "./templateError.ts";
import type { Template } from "./templateFile.ts";
import { NOTHING, VARIABLES, type Variables } from "./variables.ts";

/** Characters of one template and of what it renders to: far above any prompt, far below the memory. */
const MAX_TEMPLATE_CHARS = 256 * 1024;
const MAX_RENDER_MS = 2000;
const MAX_RENDER_UNITS = 16 * 1024 * 1024;

const engine = new Liquid({
  strictVariables: true,
  strictFilters: true,
  ownPropertyOnly: true,
  // No folder to include from: a template is one file, and may not read others of the machine.
  templates: {},
  parseLimit: MAX_TEMPLATE_CHARS,
  renderLimit: MAX_RENDER_MS,
  memoryLimit: MAX_RENDER_UNITS,
});

/**
 * Checks a template without values: also branches that no value would reach.
 * Throws TemplateError naming the file, the word and the legal list.
 */
export function checkTemplate(template: Template): void {
  compile(template);
}

/**
 * The prompt of a template with `values`. Its first line is ours and names the job, because agents take a prompt
 * that begins with "/", "@" or "-" for a command, a file or a flag. Throws TemplateError.
 */
export function renderPrompt(template: Template, values: Variables): string {
  const parsed = compile(template);
  const body = guarded(template, () => engine.renderSync(parsed, values) as string);
  const repo = values.REPO === NOTHING ? "" : `, repository ${values.REPO}`;
  return (
    `Drover job ${values.JOB} (${template.title}) of assignment ${values.ASSIGNMENT}, ` +
    `namespace ${values.NAMESPACE}${repo}.\n\n${body.trim()}\n`
  );
}

function compile(template: Template): Parsed[] {
  const parsed = guarded(template, () => engine.parse(template.body));
  const unknown = guarded(template, () => engine.globalVariablesSync(parsed)).filter(
    (name) => !(VARIABLES as readonly string[]).includes(name),
  );
  if (unknown.length > 0)
    throw new TemplateError(
      `Template ${template.file}: unknown variable ${unknown.map((name) => `"${name}"`).join(", ")}. ` +
        `Legal variables: ${VARIABLES.join(", ")}.`,
    );
  return parsed;
}

function guarded<T>(template: Template, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new TemplateError(`Template ${template.file}: ${explain(error as Error, template)}`);
  }
}

/** Liquid counts lines from the body's first; people count from the file's. */
function explain(error: Error, template: Template): string {
  const message = error.message.replace(/, line:(\d+), col:(\d+)/, (_, line: string, col: string) => {
    return ` (line ${Number(line) + template.bodyLine - 1}, column ${col})`;
  });
  const filter = /undefined filter: (\S+)/.exec(message)?.[1];
  if (filter === undefined) return `${message}.`;
  return `unknown filter "${filter}" (${message}). Legal filters: ${Object.keys(engine.filters).sort().join(", ")}.`;
}
