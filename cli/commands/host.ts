import type { Command } from "@commander-js/extra-typings";
import { commonFlags } from "../commonOptions.ts";
import { parseWhole } from "../input.ts";
import { listenForInterrupt } from "../interrupt.ts";
import { droverHome } from "../keys/home.ts";
import { usageError } from "../output/errors.ts";
import { printData } from "../output/print.ts";
import { registerStats } from "../host/stats.ts";
import { DEFAULT_PORT, startEmbeddedHost } from "../run/embeddedHost.ts";

const MAX_PORT = 65_534;

export function register(program: Command): void {
  const host = program.command("host").description("Run the backend alone, or look at its data and work.");
  registerStats(host);
  host
    .command("run", { isDefault: true })
    .description("Run the backend alone, on loopback, with its data below DROVER_HOME. Ctrl+C ends it.")
    .option(
      "--port <n>",
      `its port; HTTP actions answer on the next one (0: a free one)`,
      String(DEFAULT_PORT),
    )
    .action(async (options, command) => {
      const interrupt = listenForInterrupt();
      const host = await startEmbeddedHost(portOf(options.port), droverHome());
      printData(
        { url: host.url, dataFile: host.dataFile },
        (h) => `host at ${h.url}, data in ${h.dataFile}`,
        commonFlags(command),
      );
      await new Promise((resolve) => {
        interrupt.signal.addEventListener("abort", resolve);
        if (interrupt.signal.aborted) resolve(null);
      });
      await host.stop();
      interrupt.release();
    });
}

/** A port of a flag. @throws CliError (exit 2) */
export function portOf(text: string): number {
  const port = parseWhole(text, "--port");
  if (port >= 0 && port <= MAX_PORT) return port;
  throw usageError(`--port must lie between 0 and ${MAX_PORT}, got ${port}`);
}
