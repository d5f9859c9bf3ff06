import type { Command } from "@commander-js/extra-typings";
import { serveReportTool } from "../../runner/reportTool/reportTool.ts";
import { readVersion } from "./version.ts";

export function register(program: Command): void {
  program
    .command("report-tool")
    .description(
      "Serve the MCP tool `report` on stdin and stdout; runners hand it to the agents of their jobs.",
    )
    .requiredOption("--file <file>", "the report file of the attempt (DROVER_RESULT_FILE)")
    .action(({ file }) => serveReportTool({ file, version: readVersion().version }));
}
