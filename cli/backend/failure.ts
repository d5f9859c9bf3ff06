import type { ErrorCode, ErrorData } from "../../domain/errors.ts";
import { CliError, EXIT, type ExitCode } from "../output/errors.ts";

const EXIT_OF_CODE: Readonly<Record<ErrorCode, ExitCode>> = {
  NOT_FOUND: EXIT.usage,
  INVALID: EXIT.usage,
  NOT_ALLOWED: EXIT.notAllowed,
  UNAUTHENTICATED: EXIT.notAllowed,
  LEASE_LOST: EXIT.failed,
  WRONG_STATE: EXIT.usage,
  CYCLE: EXIT.usage,
  LIMIT: EXIT.stuck,
  DUPLICATE_JOB: EXIT.usage,
};

/** What was called, for messages. */
export interface CallPlace {
  url: string;
  /** The token was given (flag or environment), not signed here. */
  givenToken: boolean;
}

/** Turns whatever a call to the backend threw into the error that a person or a script understands. */
export function asCliError(error: unknown, place: CallPlace): CliError {
  if (error instanceof CliError) return error;
  const data = errorData(error);
  if (data !== null) {
    const known = new CliError(data.message + advice(data.code, place), EXIT_OF_CODE[data.code]);
    known.cause = error;
    return known;
  }
  const text = error instanceof Error ? error.message : String(error);
  if (isNetwork(error)) return unreachable(place.url, networkReason(error));
  if (
    /Could not (?:verify|find|decode|parse).*(?:token|identity|auth|OIDC|JWT)|InvalidAuthHeader|NoAuthProvider|Unauthenticated/i.test(
      text,
    )
  ) {
    return new CliError(`the backend refuses this token${advice("UNAUTHENTICATED", place)}`, EXIT.notAllowed);
  }
  if (/Could not find (?:public )?function/i.test(text)) {
    return new CliError(
      `${place.url} does not run the functions that this Drover needs: restart its host, or deploy them (${firstLine(text)})`,
      EXIT.failed,
    );
  }
  if (/ArgumentValidationError/.test(text))
    return new CliError(`not valid: ${validationText(text)}`, EXIT.usage);
  return new CliError(`the backend failed: ${text}`, EXIT.failed);
}

/** Exit 5, and what to do. */
export function unreachable(url: string, reason = ""): CliError {
  const why = reason === "" ? "" : ` (${reason})`;
  return new CliError(`no backend at ${url}${why}: start one with \`drover up\``, EXIT.unreachable);
}

/** The data of a ConvexError of ours, or null for anything else. */
export function errorData(error: unknown): ErrorData | null {
  if (typeof error !== "object" || error === null || !("data" in error)) return null;
  const data = typeof error.data === "string" ? parse(error.data) : error.data;
  if (typeof data !== "object" || data === null || !("code" in data) || !("message" in data)) return null;
  return String(data.code) in EXIT_OF_CODE ? (data as ErrorData) : null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function advice(code: ErrorCode, { givenToken }: CallPlace): string {
  if (code === "NOT_ALLOWED" && givenToken)
    return " (the token in DROVER_TOKEN or --token decides what is allowed)";
  if (code !== "UNAUTHENTICATED") return "";
  return givenToken
    ? ": it is no token of this backend, has expired or was revoked; make a new one with `drover token create`"
    : ": it does not know this machine's key (DROVER_HOME); set DROVER_TOKEN to a token made with `drover token create` there";
}

function isNetwork(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === "TimeoutError" || error.name === "AbortError") return true;
  return error.message === "fetch failed" || networkCode(error) !== undefined;
}

function networkReason(error: unknown): string {
  return networkCode(error) ?? ((error as Error).name === "TimeoutError" ? "no answer in time" : "");
}

function networkCode(error: unknown): string | undefined {
  const cause = (error as { cause?: { code?: unknown; errors?: { code?: unknown }[] } }).cause;
  const code = cause?.code ?? cause?.errors?.[0]?.code;
  return typeof code === "string" ? code : undefined;
}

function firstLine(text: string): string {
  return text.split("\n").find((line) => line.trim() !== "") ?? "";
}

function validationText(text: string): string {
  return text.replace(/^[\s\S]*?ArgumentValidationError:\s*/, "").trim();
}
