/**
 * The MCP tool `report`, on stdin and stdout: the same way for every agent to say what its job came to. It writes the
 * report file and needs neither backend nor token; the runner reads the file when the agent has ended.
 */
import type { Readable, Writable } from "node:stream";
import { McpServer } from "@modelcontextprotocol/server";
import { serveStdio, StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import { z } from "zod";
import { writePrivate } from "../state/privateFile.ts";
import { REPORT_BYTES, type ReportFile } from "./reportFile.ts";

const DESCRIPTION = [
  "Report on your job to the queue that gave it to you.",
  'status "result": the final result, in place of your last message; the last report counts.',
  'status "blocked": you cannot go on without a person or another job; say what is missing. The job ends as failed.',
  'status "progress": a line for whoever watches; it changes nothing.',
].join(" ");

const input = z.object({
  status: z.enum(["result", "blocked", "progress"]),
  text: z
    .string()
    .max(REPORT_BYTES / 4)
    .refine((text) => text.trim() !== "", "say something: it is blank")
    // Control characters take six bytes each in the file, of which the runner would then believe nothing.
    .refine(
      (text) => Buffer.byteLength(JSON.stringify(text)) < REPORT_BYTES / 2,
      "too long for the report file",
    ),
});

export interface ReportToolOrder {
  /** Where reports go. */
  file: string;
  version: string;
  /** This process' own streams when absent. */
  streams?: { input: Readable; output: Writable };
}

/** Serves the tool; resolves when its input has ended. */
export async function serveReportTool({ file, version, streams }: ReportToolOrder): Promise<void> {
  const { input: from, output } = streams ?? { input: process.stdin, output: process.stdout };
  const ended = new Promise<void>((resolve) => from.once("end", resolve).once("close", resolve));
  serveStdio(
    () => {
      const server = new McpServer({ name: "drover", version }, { capabilities: { tools: {} } });
      server.registerTool("report", { description: DESCRIPTION, inputSchema: input }, (wish) => ({
        content: [{ type: "text", text: carryOut(file, wish) }],
      }));
      return server;
    },
    { transport: new StdioServerTransport(from, output) },
  );
  await ended;
}

function carryOut(file: string, { status, text }: z.infer<typeof input>): string {
  const note = (report: ReportFile) => writePrivate(file, `${JSON.stringify(report)}\n`);
  switch (status) {
    case "result":
      note({ result: text });
      return "The result is noted. You may report again; the last report counts.";
    case "blocked":
      note({ blocked: text });
      return "It is noted that you are blocked. End your work now.";
    case "progress":
      return "Seen.";
    default:
      return status satisfies never;
  }
}
