// Draws which folder imports which, as it is in the code, into ARCHITECTURE.md. `npm run arrows` after a change.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cruise } from "dependency-cruiser";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const FOLDERS = ["cli", "runner", "portfolio", "host", "convex", "domain"];
const BLOCK = /(<!-- arrows:begin[^\n]*-->\n)[\s\S]*?(<!-- arrows:end -->)/;

/** The room of a module: its top folder, or the generated API, which clients may import and nothing else of convex. */
const roomOf = (path) =>
  path.startsWith("convex/_generated/")
    ? "convex/_generated"
    : FOLDERS.find((name) => path.startsWith(`${name}/`));

/** Mermaid's names hold no slash; its labels do. */
const node = (room) => (room.includes("/") ? `${room.replaceAll("/", "")}["${room}"]` : room);

/** A mermaid flowchart of the imports between rooms, tests left out, in a fixed order. */
export async function drawArrows() {
  const { options } = createRequire(import.meta.url)("../.dependency-cruiser.cjs");
  const { output } = await cruise(FOLDERS, { ...options, baseDir: root });
  const edges = new Set();
  for (const { source, dependencies } of output.modules) {
    if (/\.test\.ts$|\.testkit\.ts$/.test(source)) continue;
    for (const { resolved } of dependencies) {
      const [from, to] = [roomOf(source), roomOf(resolved)];
      // What is generated names the modules that it was made from; that is no arrow of ours.
      if (from && to && from !== to && from !== "convex/_generated")
        edges.add(`  ${node(from)} --> ${node(to)}`);
    }
  }
  return ["```mermaid", "flowchart TD", ...[...edges].sort(), "```", ""].join("\n");
}

/** ARCHITECTURE.md with the drawing as it should be. */
export function withArrows(text, drawing) {
  if (!BLOCK.test(text))
    throw new Error("ARCHITECTURE.md: expected <!-- arrows:begin --> and <!-- arrows:end -->");
  return text.replace(BLOCK, (_, begin, end) => `${begin}\n${drawing}\n${end}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = join(root, "ARCHITECTURE.md");
  writeFileSync(file, withArrows(readFileSync(file, "utf8"), await drawArrows()));
}
