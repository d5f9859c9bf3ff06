import type { Command } from "@commander-js/extra-typings";
import { meantHint } from "../../domain/didYouMean.ts";
import { commonFlags } from "../commonOptions.ts";
import { loadSettings } from "../config/settings.ts";
import { probeProfiles, profilesOf, type ProbedProfile } from "../harnesses/profiles.ts";
import { tryProfile, type Tried } from "../harnesses/tryProfile.ts";
import { withInterrupt } from "../interrupt.ts";
import { color } from "../output/color.ts";
import { EXIT, usageError } from "../output/errors.ts";
import { printData, say } from "../output/print.ts";
import { table } from "../output/table.ts";
import { duration } from "../output/time.ts";

export function register(program: Command): void {
  const harness = program.command("harness").description("The harness profiles of this machine.");
  harness
    .command("list", { isDefault: true })
    .description("List the profiles, whether their program is here, and in which version. Asks no model.")
    .action(async (_options, command) => {
      const flags = commonFlags(command);
      const probed = await probeProfiles(profilesOf(loadSettings(flags).config));
      printData(probed.map(summary), () => render(probed), flags);
    });
  harness
    .command("test [profile...]")
    .description("Call each profile for one word: a real call, which may cost a fraction of a cent.")
    .action(async (names, _options, command) => {
      const flags = commonFlags(command);
      const profiles = chosen(names, profilesOf(loadSettings(flags).config));
      const probed = await probeProfiles(profiles);
      const here = probed.filter(({ installed }) => installed || names.length > 0);
      const tried: Tried[] = [];
      process.exitCode = await withInterrupt(async (interrupt) => {
        for (const { profile } of here) {
          say(`asking ${profile.name}`);
          tried.push(await tryProfile(profile, interrupt.signal));
        }
        printData(tried, renderTried, flags);
        if (interrupt.signal.aborted) return EXIT.interrupted;
        return tried.every(({ ok }) => ok) ? EXIT.ok : EXIT.failed;
      });
    });
}

function chosen(names: string[], profiles: ReturnType<typeof profilesOf>) {
  if (names.length === 0) return profiles.filter(({ type }) => type !== "script");
  return names.map((name) => {
    const found = profiles.find((profile) => profile.name === name);
    if (found !== undefined) return found;
    const known = profiles.map((profile) => profile.name);
    throw usageError(
      `unknown profile "${name}"${meantHint(name, known)}: expected one of ${known.join(", ")}`,
    );
  });
}

function summary({ profile, installed, version, detail }: ProbedProfile) {
  return {
    ...{ name: profile.name, type: profile.type, installed },
    ...{ version: version ?? null, model: profile.model ?? null, detail: detail ?? null },
    dataCollection: profile.dataCollection ?? false,
  };
}

function render(probed: ProbedProfile[]): string {
  const head = ["PROFILE", "TYPE", "HERE", "VERSION", "MODEL", "NOTE"].map((text) => color.dim(text));
  return table([
    head,
    ...probed.map(({ profile, installed, version, detail }) => [
      profile.name,
      profile.type,
      installed ? color.green("yes") : color.dim("no"),
      version ?? "",
      profile.model ?? "",
      [detail, profile.dataCollection === true ? "collects data" : undefined]
        .filter((text) => text !== undefined)
        .join("; "),
    ]),
  ]);
}

function renderTried(tried: Tried[]): string {
  if (tried.length === 0) return color.dim("no profile to test: `drover harness list` says why");
  return table(
    tried.map((one) => [
      one.profile,
      one.ok ? color.green("answers") : color.red(one.verdict),
      duration(one.ms),
      one.ok ? (one.answer ?? "") : (one.detail ?? ""),
    ]),
  );
}
