/** What the agents of a run are at: asked for every few seconds while a screen is open. */
import { api } from "../../convex/_generated/api.js";
import { MAX_LOOKED_AT } from "../../domain/limits.ts";
import type { Backend } from "../backend/client.ts";
import type { RunModel } from "./runModel.ts";

/** From one look to the next, ms: a subscription would run again for every second of every agent. */
const LOOK_MS = 3000;
/** The pause doubles up to this while the backend does not answer, or is too old to know the question, ms. */
const MAX_PAUSE_MS = 60_000;

interface Looked {
  backend: Backend;
  namespace: string;
  model: RunModel;
}

/** Keeps `model.actions` fresh until closed. Trouble never shows: the screen has better places for it. */
export function watchLastActions(looked: Looked): { close: () => void } {
  let pause = LOOK_MS;
  let closed = false;
  const look = async () => {
    pause = (await refresh(looked)) ? LOOK_MS : Math.min(2 * pause, MAX_PAUSE_MS);
    if (!closed) next();
  };
  let timer: NodeJS.Timeout;
  const next = () => {
    // Nobody waits for it: a process that has nothing else to do may end.
    timer = setTimeout(() => void look(), pause).unref();
  };
  next();
  return {
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

async function refresh({ backend, namespace, model }: Looked): Promise<boolean> {
  const jobs = (model.status?.running ?? []).slice(0, MAX_LOOKED_AT).map(({ handle }) => handle);
  if (jobs.length === 0) {
    model.actions.clear();
    return true;
  }
  try {
    const found = await backend.query(api.events.latest, { namespace, jobs });
    model.actions.clear();
    for (const action of found) model.actions.set(action.job, action);
    return true;
  } catch {
    return false;
  }
}
