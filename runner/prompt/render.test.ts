/** Seam: templates and values to prompts; files are real, no agent is started. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { JOB_TYPE_NAMES, JOB_TYPES } from "../../domain/jobTypes.ts";
import { promptFor } from "./prompt.ts";
import { checkTemplate, renderPrompt } from "./render.ts";
import { BUILT_IN_TEMPLATES, findTemplate, parseTemplate } from "./templateFile.ts";
import { NOTHING, VARIABLES, variablesFor, type PromptSource, type Variables } from "./variables.ts";

const source = (change: Partial<PromptSource> = {}): PromptSource => ({
  namespace: "app",
  reminder: false,
  job: { handle: "12.3", type: "implement", context: "paint it" },
  assignment: { number: 12, northStar: "a red door", artifacts: "", decisions: "" },
  previous: null,
  jobs: [],
  ...change,
});
const template = (body: string) => parseTemplate("t.md", `---\ntitle: test\n---\n${body}`);
const values = (change: Partial<Variables> = {}) => ({ ...variablesFor(source(), ""), ...change });

let repo: string;
beforeEach(async () => void (repo = await mkdtemp(join(tmpdir(), "drover-prompt-"))));
afterEach(() => rm(repo, { recursive: true, force: true }));

describe("a rendered prompt", () => {
  it("begins with a line of ours, so that no agent takes it for a command, a file or a flag", () => {
    fc.assert(
      fc.property(fc.constantFrom("/", "@", "-", ""), fc.string(), (first, rest) => {
        const prompt = renderPrompt(template("{{ CONTEXT }}"), values({ CONTEXT: first + rest }));
        expect(prompt).toMatch(/^Drover job 12\.3 \(test\) of assignment 12, namespace app\.\n\n/);
      }),
    );
  });

  it("never expands a value again, whatever it contains", () => {
    const piece = fc.constantFrom(
      "{{ NORTH_STAR }}",
      "{{",
      "}}",
      "{% raw %}",
      "{%",
      "%}",
      "{{ x | y }}",
      "$&",
      "a",
    );
    const value = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(value, value, (context, result) => {
        const prompt = renderPrompt(
          template("[{{ CONTEXT }}][{{ PREVIOUS_RESULT }}][{{ CONTEXT }}]"),
          values({ CONTEXT: context, PREVIOUS_RESULT: result, NORTH_STAR: "EXPANDED" }),
        );
        expect(prompt).toContain(`[${context}][${result}][${context}]`);
        expect(prompt).not.toContain("EXPANDED");
      }),
    );
  });

  it("puts (none) in place of every empty value", () => {
    const prompt = renderPrompt(
      template(VARIABLES.map((name) => `${name}={{ ${name} }}`).join("\n")),
      values(),
    );
    expect(prompt).toContain(`ARTIFACTS=${NOTHING}`);
    expect(prompt).toContain(`REPO=${NOTHING}`);
    expect(prompt).toContain("ASSIGNMENT=12");
  });

  it("lists the assignment's jobs, the result under review and a reminder for the project manager", () => {
    const all = variablesFor(
      source({
        reminder: true,
        job: { handle: "12.4", type: "pm", context: "" },
        previous: { handle: "12.3", type: "implement", status: "complete", result: "painted" },
        jobs: [
          { handle: "12.1", type: "plan", status: "complete", title: "Plan", summary: "two\n steps" },
          { handle: "12.3", type: "implement", status: "complete", title: "", summary: "" },
        ],
      }),
      "",
    );
    expect(all.JOBS).toBe('- 12.1 plan [complete] "Plan": two steps\n- 12.3 implement [complete]');
    expect(all.REVIEWED).toBe("12.3 (implement), status complete");
    expect(all.PREVIOUS_RESULT).toBe("painted");
    expect(all.CONTEXT).toContain("REMINDER");
  });
});

describe("a wrong template", () => {
  const refused = (body: string) => () => checkTemplate(template(body));
  it("with an unknown variable is refused with the legal list, also in a branch that is not taken", () => {
    expect(refused("{% if REPO == 'x' %}{{ NORTHSTAR }}{% endif %}")).toThrow(
      /t\.md: unknown variable "NORTHSTAR".*NORTH_STAR, ARTIFACTS/s,
    );
  });

  it("with an unknown filter is refused with its line and the legal list", () => {
    expect(refused("\n{{ CONTEXT | shout }}")).toThrow(
      /unknown filter "shout" \(.*line 5.*Legal filters: .*upcase/s,
    );
  });

  it("with an open tag is refused with its line", () => {
    expect(refused("text\n{{ CONTEXT")).toThrow(/t\.md: .*line 5/s);
  });

  it("cannot read other files", () => {
    const reads = template("{% include '/etc/hostname' %}");
    expect(() => renderPrompt(reads, values())).toThrow(/t\.md/);
  });

  it("without front matter, or with an unknown key in it, is refused", () => {
    expect(() => parseTemplate("t.md", "just text")).toThrow(/expected front matter/);
    expect(() => parseTemplate("t.md", "---\ntitle: a\nmodel: b\n---\n")).toThrow(/model/);
    expect(() => parseTemplate("t.md", "---\ntitle: [\n---\n")).toThrow(/no YAML/);
  });
});

describe("the search for a template", () => {
  it("lets the repo win over the namespace, and the namespace over the built-in", async () => {
    const own = join(repo, ".drover", "templates");
    const ofNamespace = join(repo, "ns");
    await Promise.all([mkdir(own, { recursive: true }), mkdir(ofNamespace)]);
    const place = { repoPath: repo, templates: ofNamespace, handover: "" };
    expect(await promptFor(source(), place)).toContain("You implement one task");
    await writeFile(join(ofNamespace, "implement.md"), "---\ntitle: ns\n---\nnamespace's");
    expect(await promptFor(source(), place)).toContain("namespace's");
    await writeFile(join(own, "implement.md"), "---\ntitle: repo\n---\nrepo's {{ CONTEXT }}");
    expect(await promptFor(source(), place)).toContain("repo's paint it");
  });

  it("names the types there are when one is missing, and never leaves its folders", async () => {
    await expect(findTemplate("compose", [BUILT_IN_TEMPLATES])).rejects.toThrow(
      /No template for job type "compose".*chat, document, implement, plan, pm, review, uat/s,
    );
    await expect(findTemplate("../package", [BUILT_IN_TEMPLATES])).rejects.toThrow(/No template/);
  });
});

describe("the templates that ship with Drover", () => {
  const agentTypes = JOB_TYPE_NAMES.filter((type) => JOB_TYPES[type].class === "agent");

  it("cover every agent job type and nothing else", async () => {
    const files = (await readdir(BUILT_IN_TEMPLATES)).filter((name) => name.endsWith(".md"));
    expect(files.sort()).toEqual(agentTypes.map((type) => `${type}.md`).sort());
  });

  it.each(agentTypes)("are strict and carry the intent, the task and the hand-over: %s", async (type) => {
    const found = await findTemplate(type, [BUILT_IN_TEMPLATES]);
    const prompt = renderPrompt(
      found,
      values({ NORTH_STAR: "N*", CONTEXT: "C*", HANDOVER: "H*", PREVIOUS_RESULT: "P*" }),
    );
    for (const mark of ["N*", "C*", "H*", "P*"]) expect(prompt).toContain(mark);
    expect(found.body).toMatch(/## Do not/);
  });
});
