import { statSync } from "node:fs";
import { repoPaths } from "../config/repoPaths.ts";
import { loadSettings, type CommonFlags, type Settings } from "../config/settings.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

/** The configuration, or what is wrong with it. */
export function checkConfig(flags: CommonFlags): { findings: Finding[]; settings: Settings | null } {
  try {
    const settings = loadSettings(flags);
    if (settings.file === null) {
      return { settings, findings: [warn("config", "none here or above", "run `drover init` in your repo")] };
    }
    if (settings.namespace === null) {
      return {
        settings,
        findings: [fail("config", `${settings.file} names no namespace`, 'add "namespace": "NAME"')],
      };
    }
    return { settings, findings: [ok("config", `${settings.file}, namespace ${settings.namespace}`)] };
  } catch (error) {
    return {
      settings: null,
      findings: [fail("config", (error as Error).message, "repair the file, or `drover init --force`")],
    };
  }
}

/** The checkouts that the configuration names. */
export function checkRepos(settings: Settings): Finding[] {
  try {
    return [...repoPaths(settings).values()].flatMap((repos) => Object.entries(repos)).map(checkRepo);
  } catch (error) {
    return [fail("repos", (error as Error).message, "set the variable, or write the path out")];
  }
}

function checkRepo([slug, path]: [string, string]): Finding {
  const name = `repo ${slug}`;
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined)
    return fail(name, `${path} does not exist`, "clone it there, or correct the path under repos");
  if (!stat.isDirectory()) return fail(name, `${path} is no folder`, "correct the path under repos");
  return ok(name, path);
}
