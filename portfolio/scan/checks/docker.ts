import type { Check } from "../check.ts";
import type { RepoTree } from "../repoTree.ts";

type Instruction = { line: number; word: string; rest: string };

/** Two checks of the Dockerfiles in a repo's root. Run only when asked for. */
export const dockerChecks: Check[] = [
  {
    id: "docker-floating-image",
    category: "docker",
    severity: "warning",
    trigger: "a FROM without a tag, or with `latest`",
    find: (repo) =>
      dockerfiles(repo).flatMap(({ file, instructions }) => {
        const floating = floatingImage(instructions);
        if (!floating) return [];
        return [
          {
            message: `${file}:${floating.line} builds on ${JSON.stringify(floating.image)}, which changes under you`,
            suggestion: "Name a version or a digest",
            where: file,
            line: floating.line,
            steps: [
              "Replace it with the version that builds today, as exact as the registry has it; a digest is best.",
            ],
            verify: ["`docker build .` still works, where Docker is there."],
          },
        ];
      }),
  },
  {
    id: "docker-runs-as-root",
    category: "docker",
    severity: "warning",
    trigger: "the last stage of a Dockerfile has no USER, or ends as root",
    find: (repo) =>
      dockerfiles(repo).flatMap(({ file, instructions }) => {
        const start = instructions.findLastIndex((one) => one.word === "FROM");
        const image = instructions[start]?.rest ?? "";
        const user = instructions.slice(start + 1).findLast((one) => one.word === "USER")?.rest;
        const isRoot = user === undefined ? !/nonroot/.test(image) : /^(?:root|0)(?::|$)/.test(user);
        if (start === -1 || !isRoot) return [];
        return [
          {
            message: `${file} runs its program as root`,
            suggestion: "Add a user that is not root",
            where: file,
            steps: [
              "Create a user in the last stage, give it the folders that the program writes, end with `USER`.",
            ],
            limits: ["Do not change ports or paths that callers rely on."],
          },
        ];
      }),
  },
];

function dockerfiles(repo: RepoTree): { file: string; instructions: Instruction[] }[] {
  return repo
    .fileNames("")
    .filter((name) => /^Dockerfile(?:\.[\w.-]+)?$/.test(name))
    .map((file) => ({ file, instructions: parseDockerfile(repo.text(file) ?? "") }));
}

function parseDockerfile(text: string): Instruction[] {
  const instructions: Instruction[] = [];
  let continued = false;
  text.split(/\r?\n/).forEach((line, index) => {
    const [, word, rest] = /^\s*([A-Za-z]+)\s+(.*?)\s*\\?\s*$/.exec(line) ?? [];
    if (!continued && word !== undefined) {
      instructions.push({ line: index + 1, word: word.toUpperCase(), rest: rest ?? "" });
    }
    continued = /\\\s*$/.test(line);
  });
  return instructions;
}

function floatingImage(instructions: Instruction[]): { line: number; image: string } | undefined {
  const stages = new Set(["scratch"]);
  for (const { line, word, rest } of instructions) {
    if (word !== "FROM") continue;
    const [image = "", as, stage] = rest.split(/\s+/).filter((part) => !part.startsWith("--"));
    if (!stages.has(image.toLowerCase()) && isFloating(image)) return { line, image };
    if (as?.toLowerCase() === "as" && stage) stages.add(stage.toLowerCase());
  }
  return undefined;
}

/** A variable or a digest is somebody's decision; no tag, or `latest`, is nobody's. */
function isFloating(image: string): boolean {
  if (/[$@]/.test(image)) return false;
  const tag = /:([^/:]+)$/.exec(image)?.[1];
  return tag === undefined || tag === "latest";
}
