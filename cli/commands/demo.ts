import type { Command } from "@commander-js/extra-typings";
import { commonFlags } from "../commonOptions.ts";
import { runDemo } from "../demo/runDemo.ts";

export function register(program: Command): void {
  program
    .command("demo")
    .description(
      "See the whole loop: a temporary repo, a backend, a runner and a scripted stand-in agent (no model, no key, no network).",
    )
    .option("--keep", "keep the temporary folder to look at")
    .action(async ({ keep }, command) => {
      process.exitCode = await runDemo({ keep: keep === true, json: commonFlags(command).json });
    });
}
