/** Seam: the files that ship as examples, read as a user would hand them in. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../domain/config.ts";
import { parseJobsFile, toNewJob } from "../newJob.ts";
import { packageRoot } from "./packageRoot.ts";

const examples = join(packageRoot(), "examples");
const configs = readdirSync(examples).filter((name) => name.startsWith("config."));

describe("the examples", () => {
  it.each(configs)("%s is a valid configuration", (name) => {
    expect(parseConfig(readFileSync(join(examples, name), "utf8"))).toMatchObject({ ok: true });
  });

  it("config.example.json is a valid configuration", () => {
    expect(parseConfig(readFileSync(join(packageRoot(), "config.example.json"), "utf8"))).toMatchObject({
      ok: true,
    });
  });

  it("jobs.json holds jobs that can be inserted", () => {
    const jobs = parseJobsFile(readFileSync(join(examples, "jobs.json"), "utf8"), "jobs.json");
    expect(jobs.map((job) => toNewJob(job, {}).type)).toEqual(["plan", "implement", "script", "review"]);
  });

  it("are each described in the README", () => {
    const readme = readFileSync(join(examples, "README.md"), "utf8");
    for (const name of [...configs, "jobs.json"]) expect(readme).toContain(`(${name})`);
  });
});
