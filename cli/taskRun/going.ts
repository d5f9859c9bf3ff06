/** What the steps of a run hand to one another. */
import type { Backend } from "../backend/client.ts";
import type { Settings } from "../config/settings.ts";
import type { Interrupt } from "../interrupt.ts";
import type { RunOrder } from "./order.ts";
import type { RunFolder } from "./runFolder.ts";
import type { RunModel } from "./runModel.ts";

export interface RunCall {
  settings: Settings;
  order: RunOrder;
  /** This process must serve the run itself. */
  local: boolean;
  tui: "full" | "minimal" | "off";
  interrupt: Interrupt;
}

export interface Going {
  call: RunCall;
  backend: Backend;
  settings: Settings;
  folder: RunFolder;
  model: RunModel;
  runId: string;
  startedAt: number;
}
