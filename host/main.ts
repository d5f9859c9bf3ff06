/** The embedded host as a program of its own: one JSON line on stdout when it answers, everything else on stderr. */
import { Command, InvalidArgumentError } from "@commander-js/extra-typings";
import { pino } from "pino";
import type { HostLog, HostOptions } from "./host.ts";
import { startHostThread } from "./thread/hostThread.ts";
import { HostError, messageOf } from "./values/errors.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

const logger = pino({ base: null }, pino.destination({ fd: 2, sync: true }));

function port(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  throw new InvalidArgumentError("Expected a port from 0 to 65535 (0 takes any free one).");
}

function variable(text: string, earlier: Record<string, string>): Record<string, string> {
  const equals = text.indexOf("=");
  if (equals > 0) return { ...earlier, [text.slice(0, equals)]: text.slice(equals + 1) };
  throw new InvalidArgumentError("Expected NAME=VALUE.");
}

const program = new Command("drover-host")
  .description("A Convex-compatible server over one SQLite file")
  .option(
    "--functions <dir>",
    "a Convex source folder, or a folder written by bundleFunctions (without it: what was last deployed)",
  )
  .requiredOption("--data <file>", "the SQLite file; made when missing")
  .requiredOption("--admin-key <key>", "key of administrators, who may call internal functions")
  .option("--port <number>", "port for clients", port, 3210)
  .option("--site-port <number>", "port for HTTP actions", port, 3211)
  .option("--bind <address>", "address to listen on", "127.0.0.1")
  .option("--allow-host <name...>", "further names by which clients may call the host")
  .option("--env <name=value>", "environment variable of the functions (repeatable)", variable, {})
  .option("--redact", "hide messages of failed functions from clients", false)
  .option("--simulate-conflicts", "make concurrent mutations conflict and retry as on Convex Cloud", false)
  .exitOverride()
  .configureOutput({ writeOut: (text) => process.stderr.write(text) });

function log(line: HostLog): void {
  switch (line.kind) {
    case "function":
      return logger.info({ function: line.path, level: line.level }, line.text);
    case "functionFailed":
      return logger.warn({ function: line.path }, line.message);
    case "host":
      return logger[line.level](line.text);
    default:
      return line satisfies never;
  }
}

function readOptions(): HostOptions | number {
  try {
    const { allowHost, functions, ...options } = program.parse().opts();
    return {
      ...options,
      ...(functions && { functions }),
      ...(allowHost && { allowedHosts: allowHost }),
      log,
    };
  } catch (error) {
    // Commander has written what was wrong.
    return (error as { exitCode?: number }).exitCode === 0 ? 0 : EXIT_USAGE;
  }
}

async function main(): Promise<number> {
  const options = readOptions();
  if (typeof options === "number") return options;
  try {
    const host = await startHostThread(options);
    const stopped = new Promise<void>((resolve) => {
      for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => resolve());
    });
    process.stdout.write(`${JSON.stringify({ url: host.url, siteUrl: host.siteUrl })}\n`);
    await stopped;
    await host.stop();
    return 0;
  } catch (error) {
    const text = error instanceof HostError ? error.message : (error as Error).stack;
    process.stderr.write(`drover-host: ${text ?? messageOf(error)}\n`);
    return EXIT_FAILED;
  }
}

process.exit(await main());
