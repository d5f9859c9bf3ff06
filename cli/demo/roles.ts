import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { execa } from "execa";
import { z } from "zod";
import { TEST_ENV } from "./demoRepo.ts";
import {
  ALL_GOOD,
  CONTEXTS,
  FAULT_FOUND,
  FAULTY_SLUGIFY,
  FIXED_SLUGIFY,
  PLAN,
  SLUGIFY_TEST,
  type StandInRole,
} from "./script.ts";

const SOURCE = "src/slugify.js";
const TEST = "test/slugify.test.js";

/** Does the work of one job in the current folder and gives the words of its result. */
export async function runRole(role: StandInRole, prompt: string): Promise<string> {
  switch (role) {
    case "plan":
      return PLAN;
    case "implement":
      return implement();
    case "review":
      return review();
    case "pm":
      return decide(prompt);
    default:
      return role satisfies never;
  }
}

/** First a version with the planted fault, then, when a version is there, the repaired one. */
async function implement(): Promise<string> {
  const again = existsSync(SOURCE);
  mkdirSync("test", { recursive: true });
  writeFileSync(SOURCE, again ? FIXED_SLUGIFY : FAULTY_SLUGIFY);
  if (!again) writeFileSync(TEST, SLUGIFY_TEST);
  const subject = again ? "Trim hyphens at both ends of a slug" : "Add slugify with tests";
  await commit(subject);
  return again
    ? `Repaired ${SOURCE}: hyphens at both ends are trimmed. Committed "${subject}".`
    : `Wrote ${SOURCE} and ${TEST}, committed "${subject}". I did not run the tests.`;
}

async function commit(subject: string): Promise<void> {
  const identity = ["-c", "user.name=Stand-in Agent", "-c", "user.email=stand-in@drover.invalid"];
  await execa("git", ["add", "--", "src", "test"], { stdin: "ignore" });
  await execa("git", [...identity, "commit", "--quiet", "--message", subject], { stdin: "ignore" });
}

async function review(): Promise<string> {
  const run = await execa(process.execPath, ["--test"], { reject: false, all: true, env: TEST_ENV });
  if (run.exitCode === 0) return `I ran the tests. ${ALL_GOOD}.`;
  const facts = run.all
    .split("\n")
    .filter((line) => /^\s*[+-] '|not ok|✖/.test(line))
    .slice(0, 6);
  return `I ran the tests. ${FAULT_FOUND}: slugify leaves a hyphen at the end.\n${facts.join("\n")}`;
}

const Answer = z.object({
  jobs: z.array(z.object({ type: z.string(), status: z.string(), summary: z.string() })),
});

/** The PM looks at the assignment through the CLI, as a real one would, and acts through it. */
async function decide(prompt: string): Promise<string> {
  const { stdout } = await drover("assignment", "--json");
  const done = Answer.parse(JSON.parse(stdout)).jobs.filter(
    (job) => job.type !== "pm" && job.status === "complete",
  );
  const last = done.at(-1);
  const asked = prompt.includes("slugify") ? "" : " (the prompt does not name the task)";
  switch (last?.type) {
    case "plan":
      return insert("implement", CONTEXTS.implement, `The plan is sound${asked}.`);
    case "implement":
      return insert("review", CONTEXTS.review, "Code changed: a review looks before anybody calls it done.");
    case "review":
      return last.summary.includes(FAULT_FOUND) ? repair(last.summary) : finish(done.length);
    case undefined:
    default:
      await drover(
        "update-assignment",
        "--status",
        "blocked",
        "--reason",
        "the stand-in knows only the demo's own jobs",
      );
      return "Blocked: this is not the demo's assignment.";
  }
}

async function insert(type: string, context: string, why: string): Promise<string> {
  await drover("insert-job", "--type", type, "--context", context);
  return `${why} Inserted a job of type ${type}.`;
}

async function repair(summary: string): Promise<string> {
  await drover(
    "update-assignment",
    "--decisions",
    "The review found that slugs end in a hyphen: it goes back to implement.",
  );
  return insert(
    "implement",
    `${CONTEXTS.implement} The review said: ${summary}`,
    "The review found a fault.",
  );
}

async function finish(jobs: number): Promise<string> {
  const decisions = [
    "The review found that slugs end in a hyphen: it went back to implement.",
    "The second review ran all tests and found nothing: done.",
  ];
  await drover(
    "update-assignment",
    "--status",
    "complete",
    "--decisions",
    decisions.join("\n"),
    "--artifacts",
    `${SOURCE}\n${TEST}`,
  );
  return `Every sentence of the north star is met after ${jobs} jobs. Complete.`;
}

/** The CLI on the PATH of the job; its environment names the assignment and holds the token. */
async function drover(...args: string[]) {
  return execa("drover", args, { stdin: "ignore" });
}
