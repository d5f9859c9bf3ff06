/**
 * The one place that talks to a backend for one-shot commands: adds the token, gives the answer or a CliError.
 * It knows of no host: the embedded one, Convex Cloud and self-hosted Convex are all just a URL.
 */
import { ConvexHttpClient } from "convex/browser";
import {
  type FunctionArgs,
  type FunctionReference,
  type FunctionReturnType,
  getFunctionName,
} from "convex/server";
import { ensureSigningKey } from "../keys/signingKey.ts";
import { LOCAL_TOKEN_S, signAdminToken } from "../keys/sign.ts";
import type { Settings } from "../config/settings.ts";
import { CliError, EXIT } from "../output/errors.ts";
import { debug } from "../output/debug.ts";
import { asCliError, type CallPlace } from "./failure.ts";
import { httpFetch } from "./httpFetch.ts";

/** A one-shot call that takes longer than this is given up, ms. */
const CALL_TIMEOUT_MS = 30_000;

/** A token that was signed here is used this long, ms. */
const RENEW_MS = (LOCAL_TOKEN_S * 1000) / 2;

type Kind = "query" | "mutation" | "action";
type Call<K extends Kind> = <F extends FunctionReference<K>>(
  fn: F,
  args: FunctionArgs<F>,
) => Promise<FunctionReturnType<F>>;

/** Where to call, and as whom. */
export type Access = Pick<Settings, "url" | "token"> & Partial<Pick<Settings, "insideAttempt">>;

export interface Backend {
  url: string;
  query: Call<"query">;
  mutation: Call<"mutation">;
  action: Call<"action">;
}

/** Opens a backend; nothing is sent before the first call. */
export function openBackend(settings: Access, timeoutMs = CALL_TIMEOUT_MS): Backend {
  const place: CallPlace = { url: settings.url, givenToken: settings.token !== null };
  let ready: Promise<ConvexHttpClient> | undefined;
  let since = 0;
  const client = () => {
    // A run may take hours, and the token that this machine signs for itself does not hold that long.
    if (ready === undefined || performance.now() - since > RENEW_MS) {
      since = performance.now();
      ready = connect(settings, timeoutMs);
    }
    return ready;
  };
  const guard = async <T>(
    fn: FunctionReference<Kind>,
    work: (client: ConvexHttpClient) => Promise<T>,
  ): Promise<T> => {
    const begun = performance.now();
    const tell = (end: string) =>
      debug(() => `${getFunctionName(fn)} ${Math.round(performance.now() - begun)} ms${end}`);
    try {
      const answer = await work(await client());
      tell("");
      return answer;
    } catch (error) {
      const failure = asCliError(error, place);
      tell(`: ${failure.message}`);
      throw failure;
    }
  };
  return {
    url: settings.url,
    query: (fn, args) => guard(fn, (c) => c.query(fn, args)),
    mutation: (fn, args) => guard(fn, (c) => c.mutation(fn, args, { skipQueue: true })),
    action: (fn, args) => guard(fn, (c) => c.action(fn, args)),
  };
}

/**
 * The token of this call: the one that was given, else one that this machine signs for itself. An agent that lost its
 * token must not become an admin by that.
 */
export async function tokenFor({ token, insideAttempt }: Access): Promise<string> {
  if (token === null && insideAttempt === true) {
    throw new CliError(
      "DROVER_TOKEN is missing: inside a job the token of the job is the only one that counts",
      EXIT.notAllowed,
    );
  }
  return token ?? (await signAdminToken(await ensureSigningKey())).token;
}

async function connect(settings: Access, timeoutMs: number): Promise<ConvexHttpClient> {
  return new ConvexHttpClient(settings.url, {
    auth: await tokenFor(settings),
    logger: false,
    // Self-hosted and embedded backends do not have convex.cloud addresses.
    skipConvexDeploymentUrlCheck: true,
    fetch: (input, init) => {
      // The client gives texts; asking for a Request would read the library that this avoids.
      return httpFetch(input as string, { ...init, signal: AbortSignal.timeout(timeoutMs) });
    },
  });
}
