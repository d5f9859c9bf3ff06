/** A workspace with its list of repos, and a home and temporary folder of the test's own. */
import { join } from "node:path";
import { afterEach, beforeEach, vi } from "vitest";
import { cleanTempFolders, tempFolder, writeFiles } from "./tempRepos.ts";

/** Gives each test of the calling file its own DROVER_HOME and TMPDIR below the folder that `folder` tells. */
export function ownFolders(): { folder: () => string } {
  let temp = "";
  beforeEach(() => {
    temp = tempFolder();
    vi.stubEnv("DROVER_HOME", join(temp, "home"));
    vi.stubEnv("TMPDIR", temp);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    cleanTempFolders();
  });
  return { folder: () => temp };
}

/** A folder whose config/repos.json lists these. */
export function workspace(entries: object[]): string {
  const root = tempFolder();
  writeFiles(root, { "config/repos.json": JSON.stringify({ repositories: entries }) });
  return root;
}
