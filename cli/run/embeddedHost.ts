import { join } from "node:path";
import { startHost } from "../../host/startHost.ts";
import { ensureHome } from "../keys/home.ts";
import { ensureSigningKey, jwksDataUri } from "../keys/signingKey.ts";
import { CliError, EXIT } from "../output/errors.ts";
import { functionsFolder } from "./functionsFolder.ts";

/** Lease of a session with running jobs on the embedded host, ms: heartbeats cost nothing here. */
const LEASE_MS = "15000";
/** The ports of Convex' own local backend: sync and functions, and beside it HTTP actions. */
export const DEFAULT_PORT = 3210;

export interface EmbeddedHost {
  url: string;
  dataFile: string;
  stop(): Promise<void>;
}

export interface HostChoice {
  /** 0 takes a free port. */
  port: number;
  home: string;
  log: (line: string) => void;
}

/** Starts the backend inside this process. @throws CliError when the port or the data file is taken */
export async function startEmbeddedHost({ port, home, log }: HostChoice): Promise<EmbeddedHost> {
  const key = await ensureSigningKey(ensureHome(home));
  const dataFile = join(home, "data", "drover.sqlite");
  try {
    const host = await startHost({
      functions: functionsFolder(),
      dataFile,
      port,
      sitePort: port === 0 ? 0 : port + 1,
      env: {
        DROVER_JWKS: jwksDataUri(key),
        DROVER_SIGNING_KEY: JSON.stringify(key),
        DROVER_LEASE_MS: LEASE_MS,
      },
      log,
    });
    return { url: host.url, dataFile, stop: () => host.close() };
  } catch (error) {
    throw new CliError(`the host did not start: ${(error as Error).message}`, EXIT.failed);
  }
}
