/** Stopping and resuming a whole queue: no runner claims anything between the two, and what runs goes on. */
import type { Command } from "@commander-js/extra-typings";
import { api } from "../../convex/_generated/api.js";
import { openSession } from "../backend/session.ts";
import { printData } from "../output/print.ts";

export function register(program: Command): void {
  registerOne(program, {
    name: "pause",
    paused: true,
    description: "Let no runner claim a job of the namespace until `drover resume`. Running jobs go on.",
    text: (namespace) => `namespace ${namespace} is paused: \`drover resume\` goes on`,
  });
  registerOne(program, {
    name: "resume",
    paused: false,
    description: "Let runners claim jobs of the namespace again.",
    text: (namespace) => `namespace ${namespace} goes on`,
  });
}

interface Switch {
  name: string;
  paused: boolean;
  description: string;
  text: (namespace: string) => string;
}

function registerOne(program: Command, { name, paused, description, text }: Switch): void {
  program
    .command(name)
    .description(description)
    .action(async (_options, command) => {
      const { backend, namespace, flags } = openSession(command);
      await backend.mutation(api.namespaces.setPaused, { namespace, paused });
      printData({ namespace, paused }, () => text(namespace), flags);
    });
}
