/** Every command by heading of the overview and by name, each loaded only when it is called. */
import type { CommandEntry, CommandTable } from "./commandEntry.ts";

/** In the order of the overview. A command is loaded by itself: `drover queue` must answer at once. */
export const COMMANDS_BY_GROUP: Readonly<Record<string, CommandTable>> = {
  Start: {
    init: {
      summary: "set this repo up: write .drover/config.json",
      load: () => import("./commands/init.ts"),
    },
    up: {
      summary: "start a backend and a runner on this machine",
      load: () => import("./commands/up.ts"),
    },
    go: {
      summary: "create an assignment, start its first job and follow it to the end",
      load: () => import("./commands/go.ts"),
    },
    demo: {
      summary: "see the whole loop in a temporary repo, with a scripted stand-in agent",
      load: () => import("./commands/demo.ts"),
      backend: false,
    },
    doctor: {
      summary: "check that everything needed is there",
      load: () => import("./commands/doctor.ts"),
    },
  },
  Look: {
    queue: { summary: "the state of the queue", load: () => import("./commands/queue.ts") },
    assignments: {
      summary: "list assignments",
      load: () => import("./commands/assignments.ts"),
    },
    assignment: {
      summary: "one assignment with its jobs",
      load: () => import("./commands/assignment.ts"),
    },
    jobs: { summary: "list jobs", load: () => import("./commands/jobs.ts") },
    job: {
      summary: "one job with its attempts and result",
      load: () => import("./commands/job.ts"),
    },
    explain: {
      summary: "why a job is not running, and what will move it",
      load: () => import("./commands/explain.ts"),
    },
    logs: { summary: "what the agent of a job did", load: () => import("./commands/logs.ts") },
    runners: {
      summary: "list the runners and what they offer; drain one",
      load: () => import("./commands/runners.ts"),
    },
    watch: {
      summary: "follow the queue live",
      load: () => import("./commands/watch.ts"),
      aliases: ["dashboard"],
    },
    health: {
      summary: "what is known of harness profiles; block and clear them",
      load: () => import("./commands/health.ts"),
      aliases: ["blacklist"],
    },
    quota: {
      summary: "which profiles may be used now, and when the others",
      load: () => import("./commands/quota.ts"),
    },
    status: {
      summary: "how a run ended or stands",
      load: () => import("./commands/status.ts"),
    },
    runs: { summary: "list runs", load: () => import("./commands/runs.ts") },
    stats: {
      summary: "what each profile has done so far",
      load: () => import("./commands/stats.ts"),
      backend: false,
    },
    export: {
      summary: "the history of tasks as CSV or JSON",
      load: () => import("./commands/stats.ts"),
      backend: false,
    },
  },
  Change: {
    create: {
      summary: "create an assignment from a north star",
      load: () => import("./commands/create.ts"),
    },
    "insert-job": {
      summary: "add a job to an assignment",
      load: () => import("./commands/insertJob.ts"),
    },
    "update-assignment": {
      summary: "complete, block, resume or note on an assignment",
      load: () => import("./commands/updateAssignment.ts"),
      aliases: ["complete", "block", "unblock"],
    },
    cancel: {
      summary: "cancel a job or an assignment",
      load: () => import("./commands/cancel.ts"),
      aliases: ["kill"],
    },
    retry: {
      summary: "try a failed, skipped or canceled job again",
      load: () => import("./commands/retry.ts"),
    },
    pause: {
      summary: "let no runner claim a job of the namespace",
      load: () => import("./commands/pause.ts"),
    },
    resume: {
      summary: "let runners claim jobs again",
      load: () => import("./commands/pause.ts"),
    },
    "start-job": {
      summary: "drive a job by hand: start it",
      load: () => import("./commands/handDriven.ts"),
    },
    "complete-job": {
      summary: "drive a job by hand: it is done",
      load: () => import("./commands/handDriven.ts"),
    },
    "fail-job": {
      summary: "drive a job by hand: it failed",
      load: () => import("./commands/handDriven.ts"),
    },
    locks: {
      summary: "list and release the locks of repos",
      load: () => import("./commands/locks.ts"),
      aliases: ["unlock"],
    },
  },
  Run: {
    run: {
      summary: "run the tasks of task files and report",
      load: () => import("./commands/run.ts"),
    },
    import: {
      summary: "put the tasks of task files into the queue",
      load: () => import("./commands/import.ts"),
    },
    rerun: {
      summary: "run again what did not complete in a run",
      load: () => import("./commands/rerun.ts"),
    },
    review: {
      summary: "have results reviewed by another profile",
      load: () => import("./commands/review.ts"),
    },
    verify: {
      summary: "make test and make lint in each repo of a run",
      load: () => import("./commands/verify.ts"),
      backend: false,
    },
    host: {
      summary: "run the backend alone; `host stats` shows its data and work",
      load: () => import("./commands/host.ts"),
      backend: false,
    },
    backup: {
      summary: "write a checked copy of this machine's queue, also while it works",
      load: () => import("./commands/backup.ts"),
      backend: false,
    },
    restore: {
      summary: "put a backup in the place of this machine's queue",
      load: () => import("./commands/restore.ts"),
      backend: false,
    },
    runner: {
      summary: "run, start, stop and install a runner",
      load: () => import("./commands/runner.ts"),
    },
    harness: {
      summary: "list and test the harness profiles of this machine",
      load: () => import("./commands/harness.ts"),
    },
    token: {
      summary: "create, list and revoke access tokens",
      load: () => import("./commands/token.ts"),
    },
  },
  Portfolio: {
    scan: {
      summary: "audit all repos of a folder with 26 checks",
      load: () => import("./commands/scan.ts"),
      backend: false,
    },
    generate: {
      summary: "make a task file from the work orders of repos",
      load: () => import("./commands/generate.ts"),
      backend: false,
    },
    audit: {
      summary: "take done tasks out of a task file, narrow partial ones",
      load: () => import("./commands/audit.ts"),
    },
    validate: {
      summary: "check a task file without running it",
      load: () => import("./commands/validate.ts"),
      backend: false,
    },
    repos: {
      summary: "status, build, test and sync of all repos",
      load: () => import("./commands/repos.ts"),
      backend: false,
    },
    task: {
      summary: "list, start and complete tasks of the backlog files",
      load: () => import("./commands/task.ts"),
    },
    workflow: {
      summary: "list and run the named workflows of repos",
      load: () => import("./commands/workflow.ts"),
      backend: false,
    },
    playbook: {
      summary: "list, show and use playbooks",
      load: () => import("./commands/playbook.ts"),
      backend: false,
    },
    report: {
      summary: "the report of a run, or of the week",
      load: () => import("./commands/report.ts"),
    },
  },
  Other: {
    "report-tool": {
      summary: "serve the MCP tool by which an agent reports; started by agents",
      load: () => import("./commands/reportTool.ts"),
      backend: false,
    },
    completion: {
      summary: "print the completion script of a shell",
      load: () => import("./commands/completion.ts"),
      backend: false,
    },
    version: {
      summary: "print the version",
      load: () => import("./commands/version.ts"),
      backend: false,
    },
  },
};

export const COMMANDS: CommandTable = Object.fromEntries(
  Object.values(COMMANDS_BY_GROUP).flatMap((commands) => Object.entries(commands)),
);

/** The entry of a name or alias. */
export function findCommand(name: string): CommandEntry | null {
  if (Object.hasOwn(COMMANDS, name)) return COMMANDS[name] ?? null;
  return Object.values(COMMANDS).find((entry) => entry.aliases?.includes(name)) ?? null;
}

/** All names and aliases, for "did you mean" and completion. */
export function commandNames(): string[] {
  return [...Object.entries(COMMANDS).flatMap(([name, { aliases = [] }]) => [name, ...aliases]), "help"];
}
