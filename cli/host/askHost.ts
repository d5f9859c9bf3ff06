import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { HostStats } from "../../host/http/statsRoute.ts";
import { httpFetch } from "../backend/httpFetch.ts";

/** A host on this machine answers at once, ms. */
const ANSWER_WITHIN_MS = 3_000;

/** What this machine's host says of itself; null when none answers there, or one with another key. */
export async function askHost(url: string, home: string): Promise<HostStats | null> {
  const keyFile = join(home, "admin-key");
  if (!existsSync(keyFile)) return null;
  try {
    const answer = await httpFetch(`${url}/api/host_stats`, {
      headers: { authorization: `Convex ${readFileSync(keyFile, "utf8").trim()}` },
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    return answer.ok ? ((await answer.json()) as HostStats) : null;
  } catch {
    return null;
  }
}
