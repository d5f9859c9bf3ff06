import type { Config } from "../../domain/config.ts";
import type { HarnessKind } from "../../runner/harness/port.ts";
import { probeProfiles, profilesOf, type ProbedProfile, wantedProfiles } from "../harnesses/profiles.ts";
import { fail, type Finding, note, ok, warn } from "./finding.ts";

/** Where each CLI looks for its login; Drover hands these through and stores none of them. */
const LOGINS: Readonly<Record<HarnessKind, string | null>> = {
  claude: "ANTHROPIC_API_KEY, or the login of `claude`",
  codex: "CODEX_API_KEY or OPENAI_API_KEY, or `codex login`",
  gemini: "GEMINI_API_KEY, or the login of `gemini`",
  opencode: "the key of your provider, or `opencode auth login`",
  qwen: "OPENAI_API_KEY or DASHSCOPE_API_KEY, or the settings of `qwen`",
  cline: "the login of `cline auth`",
  kilocode: "the key of your provider, or `kilo auth login`",
  aider: "the key of your provider, as OPENAI_API_KEY",
  acp: "whatever your agent needs: name it under env of the profile, or log in with the agent itself",
  script: null,
  command: "whatever your program needs: name it under env of the profile",
};

/** Each profile: is it here, in which version, and where its key is expected. */
export async function checkHarnesses(config: Config): Promise<Finding[]> {
  const wanted = wantedProfiles(config);
  const probed = await probeProfiles(profilesOf(config));
  const findings = probed.map((probe) => finding(probe, wanted.has(probe.profile.name)));
  const agents = probed.filter(({ profile, installed }) => installed && profile.type !== "script");
  if (agents.length > 0) return findings;
  return [
    ...findings,
    fail(
      "agents",
      "no agent can run here",
      "install claude, codex, gemini, opencode, qwen, cline or kilo, or declare a profile of type acp or command",
    ),
  ];
}

function finding({ profile, installed, version, detail }: ProbedProfile, needed: boolean): Finding {
  const name = `harness ${profile.name}`;
  if (installed)
    return ok(
      name,
      [version ?? "installed", LOGINS[profile.type]].filter((part) => part !== null).join("; key: "),
    );
  const why = detail ?? "not installed";
  if (!needed) return note(name, "not installed, and not used by this configuration");
  return warn(name, why, "make it work here, or leave its jobs to a runner that can run it");
}
