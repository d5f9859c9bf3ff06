import type { Backend } from "../backend/client.ts";
import type { Settings } from "../config/settings.ts";
import type { RunOrder } from "./order.ts";
import type { RunModel, SettledTask } from "./runModel.ts";

/** What following a run needs: where, which, and who is told. */
export interface FollowOptions {
  settings: Settings;
  backend: Backend;
  order: Pick<RunOrder, "namespace" | "profiles" | "onLimit" | "maxWaitMs">;
  run: string;
  model: RunModel;
  /** This process serves the run: profiles that it lacks will not come. */
  ownRunner: boolean;
  /** Profiles that cannot start here, with the reason; empty where other runners serve the run. */
  lacking: ReadonlyMap<string, string>;
  signal: AbortSignal;
  log: (text: string) => void;
  onSettled: (task: SettledTask) => Promise<void>;
  onChange: () => void;
}
