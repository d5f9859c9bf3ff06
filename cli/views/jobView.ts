import type { Attempt, Cause, EdgeEnd, Explanation, Job, JobDetail } from "../backend/wire.ts";
import { tokensIn, type Usage } from "../../domain/usage.ts";
import { isTerminalJob } from "../../domain/jobState.ts";
import { color } from "../output/color.ts";
import { jobState } from "../output/states.ts";
import { type Fact, facts, table, wrap } from "../output/table.ts";
import { ago, clock, duration } from "../output/time.ts";

/** A table of jobs, one line each. */
export function renderJobs(jobs: Job[], now: number): string {
  if (jobs.length === 0) return color.dim("no jobs");
  const head = ["JOB", "TYPE", "STATUS", "TIME", "PROFILE", "ABOUT"].map((text) => color.dim(text));
  return table([head, ...jobs.map((job) => jobRow(job, now))]);
}

/** The cells of one job in a table. */
export function jobRow(job: Job, now: number): string[] {
  return [
    job.handle,
    job.type,
    jobState(job.status),
    timeOf(job, now),
    job.profileUsed ?? color.dim(job.cascade[0] ?? "-"),
    aboutJob(job),
  ];
}

/** What a job is about: for settled ones what came out, for open ones what it waits for, else its title. */
export function aboutJob(job: Job): string {
  if (job.status === "pending") {
    const state = job.waitingFor.length > 0 ? `waits for ${job.waitingFor.join(", ")}` : "ready";
    return job.title === "" ? state : `${state}: ${job.title}`;
  }
  const outcome = isTerminalJob(job.status) ? (job.error ?? job.summary) : "";
  return outcome === "" ? job.title : outcome;
}

/** How long it took, or takes so far. */
export function timeOf(job: Job, now: number): string {
  if (job.startedAt === undefined) return "";
  return duration((job.settledAt ?? now) - job.startedAt);
}

/** Everything about one job. */
export function renderJob(detail: JobDetail, now: number): string {
  const { job, attempts } = detail;
  return [
    `${color.bold(`Job ${job.handle}`)} ${job.type}${job.title === "" ? "" : `: ${job.title}`}`,
    facts(factsOf(detail, now)),
    ...section("Context", job.context),
    ...section("Result", job.result),
    ...section("Error", job.error),
    ...(attempts.length === 0 ? [] : [`${color.bold("Attempts")}\n${renderAttempts(attempts, now)}`]),
  ].join("\n\n");
}

function factsOf({ job, edges }: JobDetail, now: number): Fact[] {
  const canceling =
    job.cancelRequested && job.status === "running" ? color.yellow(" (cancel requested)") : "";
  return [
    ["status", jobState(job.status) + canceling],
    ["assignment", String(job.assignmentNumber)],
    ["created", ago(job.createdAt, now)],
    ["time", job.startedAt === undefined ? undefined : timeOf(job, now)],
    ["cascade", job.cascade.join(" → ")],
    ["run by", job.profileUsed],
    ["repo", job.repo],
    ["waits for", listed(job.waitingFor)],
    ["after", listed(edges.waitsFor.map(edgeText))],
    ["before", listed(edges.blocks.map(edgeText))],
    ["used", job.usage === undefined ? undefined : tokensText(job.usage)],
    ["cost", costText(job)],
    ["whole result", job.resultFile],
  ];
}

function tokensText({ input, cached, output, reasoning }: Usage): string {
  const count = (tokens: number) => tokens.toLocaleString("en");
  const thought = reasoning > 0 ? ` (${count(reasoning)} reasoning)` : "";
  return `${count(input)} input, ${count(cached)} cached, ${count(output)} output${thought}`;
}

/** A subscription tells no price, which is not the same as 0. */
function costText({ costUsd, usage }: Pick<Job, "costUsd" | "usage">): string | undefined {
  if (costUsd !== undefined && costUsd > 0) return `$${costUsd.toFixed(4)}`;
  return usage === undefined || tokensIn(usage) === 0 ? undefined : "no price told, as with a subscription";
}

/** What an attempt took, in the room of a column. */
function attemptUse({ usage, costUsd }: Attempt): string {
  if (usage === undefined || tokensIn(usage) === 0) return "";
  const price = costUsd !== undefined && costUsd > 0 ? `$${costUsd.toFixed(4)}` : "no price";
  return `${tokensIn(usage).toLocaleString("en")} tokens, ${price}`;
}

function edgeText({ handle, status, satisfied }: EdgeEnd): string {
  return `${handle} (${satisfied ? "met" : status})`;
}

function listed(words: readonly string[]): string | undefined {
  return words.length === 0 ? undefined : words.join(", ");
}

/** A titled, indented text; nothing for an empty one. */
export function section(title: string, text: string | undefined): string[] {
  return text === undefined || text.trim() === "" ? [] : [`${color.bold(title)}\n${wrap(text.trim(), "  ")}`];
}

function renderAttempts(attempts: Attempt[], now: number): string {
  return table(
    attempts.map((attempt) => [
      `  ${attempt.number}`,
      attempt.profile ?? "by hand",
      attempt.verdict ?? attempt.outcome ?? (attempt.endedAt === undefined ? "running" : "ended"),
      duration((attempt.endedAt ?? now) - attempt.startedAt),
      attemptUse(attempt),
      [attempt.version, attempt.model, attempt.detail, whyText(attempt.why)]
        .filter((text) => text !== undefined && text !== "")
        .join("  "),
    ]),
  );
}

/** Why it ran where it ran, where it was not the first choice. */
function whyText(why: string | undefined): string | undefined {
  return why === undefined ? undefined : `because ${why.split("\n").join("; ")}`;
}

/** Why a job is not running, and what comes next. */
export function renderExplanation({ job, state, ready, causes, next }: Explanation, now: number): string {
  const headline = `${color.bold(`Job ${job.handle}`)} ${job.type}: ${jobState(state)}${ready ? color.green(" (ready)") : ""}`;
  return [
    headline,
    ...causes.map((cause) => bullet(renderCause(cause, now), "  ")),
    `${color.dim("next:")} ${next}`,
  ].join("\n");
}

/** A point of a list, wrapped below its own first word. */
export function bullet(text: string, indent: string): string {
  return `${indent}- ${wrap(text, `${indent}  `).trimStart()}`;
}

/** One reason as a line. */
export function renderCause({ reason, text, handle, until }: Cause, now: number): string {
  const about = handle === undefined || text.includes(handle) ? "" : ` (${handle})`;
  const time =
    until === undefined || until <= now ? "" : ` (until ${clock(until)}, in ${duration(until - now)})`;
  return `${color.yellow(reason)}: ${text}${about}${time}`;
}
