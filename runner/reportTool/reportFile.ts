/**
 * The file by which a job says more than its CLI prints: its path stands in DROVER_RESULT_FILE. A script or command
 * writes it by itself, an agent by way of the MCP tool `report`.
 */
import { z } from "zod";

/** The largest such file that is read, in bytes. */
export const REPORT_BYTES = 1024 * 1024;

const tokens = z.number().int().nonnegative().default(0);

export const ReportFile = z.object({
  result: z.unknown().optional(),
  /** Why the job cannot go on; then it has failed, whatever its CLI says. */
  blocked: z.string().min(1).optional(),
  usage: z.object({ input: tokens, cached: tokens, output: tokens, reasoning: tokens }).partial().optional(),
  costUsd: z.number().nonnegative().optional(),
});
export type ReportFile = z.infer<typeof ReportFile>;

/** What a valid file looks like, for the error about one that is not. */
export const REPORT_SHAPE =
  '{"result"?, "blocked"?, "usage"?: {"input","cached","output","reasoning"}, "costUsd"?}';
