#!/usr/bin/env node
import { endQuietlyOnClosedPipe, flushOutput } from "./output/print.ts";
import { run } from "./program.ts";

endQuietlyOnClosedPipe();
const code = await run(process.argv.slice(2));
await flushOutput();
// A connection that is kept alive for a next call, which never comes, would hold the process for a while.
process.exit(code);
