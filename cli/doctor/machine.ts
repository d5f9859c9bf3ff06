import { statSync } from "node:fs";
import { execa } from "execa";
import { droverHome, HOME_MODE, homeMode } from "../keys/home.ts";
import { readSigningKey, signingKeyFile } from "../keys/signingKey.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

const MIN_NODE = [20, 19] as const;
const OTHERS = 0o077;

/** What does not depend on a repo: Node, git, the folder of keys and data. */
export async function checkMachine(): Promise<Finding[]> {
  return [checkNode(process.versions.node), await checkGit(), checkHome(), checkKey()];
}

export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const good = major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1]);
  const wanted = MIN_NODE.join(".");
  return good
    ? ok("node", version)
    : fail("node", `${version}, needs ${wanted} or newer`, "install a newer Node.js");
}

async function checkGit(): Promise<Finding> {
  const result = await execa("git", ["--version"], { reject: false, stdin: "ignore" });
  return result.exitCode === 0
    ? ok("git", result.stdout.replace("git version ", ""))
    : fail("git", "not found", "install git: agents commit their work with it");
}

function checkHome(): Finding {
  const home = droverHome();
  const mode = homeMode(home);
  if (mode === null) return ok("home", `${home} (made on first need)`);
  if ((mode & OTHERS) === 0) return ok("home", home);
  const octal = HOME_MODE.toString(8);
  return fail(
    "home",
    `${home} is open to others (mode ${mode.toString(8)})`,
    `chmod ${octal} ${home}: it holds the signing key`,
  );
}

function checkKey(): Finding {
  const file = signingKeyFile();
  try {
    if (readSigningKey() === null) return ok("key", "none yet (made on first need)");
  } catch (error) {
    return fail("key", (error as Error).message, "restore it, or remove it and restart the host");
  }
  const mode = statSync(file).mode & OTHERS;
  return mode === 0 ? ok("key", file) : warn("key", `${file} can be read by others`, `chmod 600 ${file}`);
}
