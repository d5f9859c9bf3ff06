import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { startHostThread } from "../../host/thread/hostThread.ts";
import { HostError } from "../../host/values/errors.ts";
import type { HostLog } from "../../host/values/log.ts";
import { ensureAdminKey } from "../keys/adminKey.ts";
import { ensureHome, HOME_MODE } from "../keys/home.ts";
import { ensureSigningKey, jwksDataUri } from "../keys/signingKey.ts";
import { CliError, EXIT } from "../output/errors.ts";
import { say } from "../output/print.ts";
import { dataFileIn } from "./dataFile.ts";
import { functionsFolder } from "./functionsFolder.ts";
import { openLogFile } from "./logFile.ts";

/** Lease of a session with running jobs on the embedded host, ms: heartbeats cost nothing here. */
const LEASE_MS = "15000";
/** The ports of Convex' own local backend: clients, and on the next one HTTP actions. */
export const DEFAULT_PORT = 3210;

export interface EmbeddedHost {
  url: string;
  dataFile: string;
  logFile: string;
  stop(): Promise<void>;
}

/**
 * Starts the backend in a thread of this process, with its data below `home`.
 * @param port 0 takes free ports
 * @throws CliError when a port or the data file is taken, or the functions cannot be loaded
 */
export async function startEmbeddedHost(port: number, home: string): Promise<EmbeddedHost> {
  const key = await ensureSigningKey(ensureHome(home));
  const dataFile = dataFileIn(home);
  const logFile = join(home, "data", "host.log");
  mkdirSync(dirname(dataFile), { recursive: true, mode: HOME_MODE });
  try {
    const host = await startHostThread({
      functions: functionsFolder(),
      data: dataFile,
      port,
      sitePort: port === 0 ? 0 : port + 1,
      adminKey: ensureAdminKey(home),
      env: {
        DROVER_JWKS: jwksDataUri(key),
        DROVER_SIGNING_KEY: JSON.stringify(key),
        DROVER_LEASE_MS: LEASE_MS,
        ...retentionOf(process.env),
      },
      log: logInto(logFile),
    });
    return { url: host.url, dataFile, logFile, stop: () => host.stop() };
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    throw new CliError(`the host did not start: ${error.message}`, EXIT.failed);
  }
}

/** What the person who starts the host has set for all of its queues. */
function retentionOf({ DROVER_RETENTION: text }: NodeJS.ProcessEnv): Record<string, string> {
  return text === undefined ? {} : { DROVER_RETENTION: text };
}

/** Everything into the file; only what the host itself warns of is said. */
function logInto(file: string): (line: HostLog) => void {
  const logger = openLogFile(file);
  return (line) => {
    switch (line.kind) {
      case "function":
        return logger.info({ function: line.path, level: line.level }, line.text);
      case "functionFailed":
        return logger.warn({ function: line.path }, line.message);
      case "host":
        logger[line.level](line.text);
        return line.level === "info" ? undefined : say(`host: ${line.text}`);
      default:
        return line satisfies never;
    }
  };
}
