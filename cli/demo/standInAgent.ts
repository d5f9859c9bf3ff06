/**
 * The scripted stand-in agent of `drover demo`: a plain program, not a model. It reads its prompt like any agent, edits
 * and commits in the repo it is started in, and as PM acts through the `drover` on its PATH, so that the demo takes
 * the real path. Every output begins by saying what it is.
 */
import { STAND_IN_ROLES, type StandInRole } from "./script.ts";
import { runRole } from "./roles.ts";

const [role = ""] = process.argv.slice(2);
const prompt = await readStdin();

if (!(role in STAND_IN_ROLES)) {
  process.stderr.write(
    `stand-in: expected a role (${Object.keys(STAND_IN_ROLES).join(", ")}), got "${role}"\n`,
  );
  process.exit(2);
}
process.stdout.write(`[scripted stand-in] ${await runRole(role as StandInRole, prompt)}\n`);

async function readStdin(): Promise<string> {
  let text = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) text += String(chunk);
  return text;
}
