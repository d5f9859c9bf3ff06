#!/usr/bin/env node
import { endQuietlyOnClosedPipe } from "./output/print.ts";
import { run } from "./program.ts";

endQuietlyOnClosedPipe();
process.exitCode = await run(process.argv.slice(2));
