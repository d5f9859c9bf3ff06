import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { execa } from "execa";
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

/** The prompt names the job under review and its result, as a real PM reads them; it acts through the CLI. */
async function decide(prompt: string): Promise<string> {
  const reviewed = /\b\d+\.\d+ \((\w+)\), status complete/.exec(prompt)?.[1];
  switch (reviewed) {
    case "plan":
      return insert("implement", CONTEXTS.implement, "The plan is sound.");
    case "implement":
      return insert("review", CONTEXTS.review, "Code changed: a review looks before anybody calls it done.");
    case "review":
      return prompt.includes(ALL_GOOD) ? finish() : repair();
    case undefined:
    default:
      await drover(
        "update-assignment",
        "--status",
        "blocked",
        "--reason",
        "the stand-in knows only the demo's jobs",
      );
      return "Blocked: this is no job of the demo.";
  }
}

async function insert(type: string, context: string, why: string): Promise<string> {
  await drover("insert-job", "--type", type, "--context", context);
  return `${why} Inserted a job of type ${type}.`;
}

async function repair(): Promise<string> {
  await drover(
    "update-assignment",
    "--decisions",
    "The review found a hyphen at the end of slugs: back to implement.",
  );
  const context = `${CONTEXTS.implement} The review ran the tests: a slug must not end in a hyphen. Repair that.`;
  return insert("implement", context, "The review found a fault.");
}

async function finish(): Promise<string> {
  const decisions = [
    "The review found a hyphen at the end of slugs: back to implement.",
    "The second review ran all tests and found nothing: done.",
  ].join("\n");
  const artifacts = `${SOURCE}\n${TEST}`;
  await drover(
    "update-assignment",
    "--status",
    "complete",
    "--decisions",
    decisions,
    "--artifacts",
    artifacts,
  );
  return "Every sentence of the north star is met, and the review saw the tests pass. Complete.";
}

/** The CLI on the PATH of the job; its environment names the assignment and holds the token. */
async function drover(...args: string[]) {
  return execa("drover", args, { stdin: "ignore" });
}
