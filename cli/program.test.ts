/** Seam: words of a command line → exit code and what is written. Commands that need a backend are tested end to end. */
import { execFileSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { COMMANDS } from "./commandTable.ts";
import { completionScript, SHELLS } from "./completion/scripts.ts";
import { commandWords } from "./completion/words.ts";
import { loadCommand } from "./loadCommand.ts";
import { run } from "./program.ts";

let out = "";
let err = "";
beforeEach(() => {
  [out, err] = ["", ""];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => ((err += String(text)), true));
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

describe("drover", () => {
  it("lists every command without loading one", async () => {
    expect(await run([])).toBe(0);
    for (const name of Object.keys(COMMANDS)) expect(out).toContain(`  ${name} `);
  });

  it("asks whether a known command was meant", async () => {
    expect(await run(["asignments"])).toBe(2);
    expect(err).toContain('unknown command "asignments" (did you mean "assignments"?)');
    expect(out).toBe("");
  });

  it.each([
    [["--nope"], 'unknown option "--nope"'],
    [["help", "nope"], 'unknown command "nope"'],
    [["queue", "--jsn"], "unknown option '--jsn'"],
    [["assignments", "--status", "done"], "Allowed choices are pending, active"],
    [["completion", "tcsh"], "Allowed choices are bash, zsh, fish"],
    [["create", "fix", "the", "bug"], "too many arguments"],
    [
      ["runner", "strat"],
      'unknown command "runner strat" (did you mean "start"?): expected one of start, stop',
    ],
    [["health", "nope", "--json"], 'unknown command "health nope": expected one of list, block, clear'],
    [["runner", "start", "--name", "../x"], 'Runner name: expected 1 to 64 letters, digits, ".", "_" or "-"'],
    [["runner", "logs", "--name", "../x"], "Runner name: expected"],
    [["runner", "install", "--name", "a b"], "Runner name: expected"],
    [["runner", "stop", "--name", ""], "Runner name: expected"],
  ])("refuses %j with exit code 2", async (argv, message) => {
    expect(await run(argv)).toBe(2);
    expect(err).toContain(message);
  });

  it("understands common options before the command, values included", async () => {
    expect(await run(["--json", "version"])).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
    expect(await run(["--url", "nonsense", "queue", "--namespace", "x"])).toBe(2);
    expect(err).toContain('http(s) URL, got "nonsense"');
  });

  it("explains exit codes and the environment", async () => {
    await run(["help", "exit-codes"]);
    expect(out).toContain("130  interrupted");
    await run(["help", "environment"]);
    expect(out).toContain("DROVER_HOME");
  });

  it("knows each command under the name of the overview, with the common options", async () => {
    for (const [name, entry] of Object.entries(COMMANDS)) {
      const program = await loadCommand(entry, COMMANDS);
      const command = program.commands.find((c) => c.name() === name);
      expect(command, name).toBeDefined();
      const leaf = command?.commands[0] ?? command;
      expect(leaf?.options.map((o) => o.long)).toContain("--json");
    }
  });
});

describe("a completion script", () => {
  it.each(SHELLS)("of %s names commands and their options", async (shell) => {
    const script = completionScript(shell, await commandWords(COMMANDS));
    expect(script).toContain("insert-job");
    expect(script).toMatch(/context-file/);
  });

  it("of bash is valid and completes options of the command", async () => {
    const script = completionScript("bash", await commandWords(COMMANDS));
    const asked = `${script}\nCOMP_WORDS=(drover insert-job --ty); COMP_CWORD=2; _drover; echo "\${COMPREPLY[@]}"`;
    expect(execFileSync("bash", ["-c", asked], { encoding: "utf8" }).trim()).toBe("--type");
  });
});
