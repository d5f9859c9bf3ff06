/** Seam: `drover backup`, `restore` and `host stats` as processes beside a real host, and what a person sees after. */
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { drover, firstJson, openWorkplace, start, type Workplace } from "./support/drover.ts";

let place: Workplace;
let folder: string;
beforeEach(async () => {
  place = await openWorkplace();
  folder = mkdtempSync(join(tmpdir(), "drover-backup-"));
});
afterEach(async () => {
  await place.close();
  rmSync(folder, { recursive: true, force: true });
});

const titles = async (url: string, env = place.env) =>
  (await drover(["assignments", "--url", url], { cwd: place.repo, env }))
    .json()
    .map((each: { title: string }) => each.title);

it("a backup is taken while the host works, and restored when it next starts", async () => {
  const file = join(folder, "queue.sqlite");
  await place.drover("create", "before the backup");
  const backup = await place.drover("backup", file);
  expect(backup).toMatchObject({ code: 0, stderr: "" });
  expect(backup.json()).toMatchObject({ file, bytes: statSync(file).size });
  expect(await place.drover("backup", file)).toMatchObject({ code: 1 });
  await place.drover("create", "after the backup");

  const refused = await place.drover("restore", file);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/in use by the host with pid \d+/);
  const staged = await place.drover("restore", file, "--at-next-start");
  expect(staged.json()).toMatchObject({ isInPlace: false });
  expect(await titles(place.url)).toEqual(["after the backup", "before the backup"]);

  await place.stopHost();
  const again = start(["host", "--port", "0", "--json"], { env: place.env });
  const { url } = await firstJson(again);
  expect(await titles(String(url))).toEqual(["before the backup"]);
  const exited = once(again, "exit");
  again.kill("SIGTERM");
  await exited;
});

it("a restore without a host is in place at once, and says where the old data is", async () => {
  const home = join(folder, "home");
  const env = { DROVER_HOME: home };
  const file = join(folder, "queue.sqlite");
  await place.drover("create", "to be kept");
  await place.drover("backup", file);
  const restored = await drover(["restore", file], { env });
  expect(restored.json()).toMatchObject({ isInPlace: true, kept: "there was none before it" });
  const again = await drover(["restore", file], { env });
  expect(again.json().kept).toMatch(/what was there before is kept in .*drover\.sqlite\.before-/);
  const host = start(["host", "--port", "0", "--json"], { env });
  const url = String((await firstJson(host)).url);
  expect(await titles(url, env)).toEqual(["to be kept"]);
  const exited = once(host, "exit");
  host.kill("SIGTERM");
  await exited;
});

it("host stats counts what lies in the file and what the host does, also when none runs", async () => {
  await place.drover("create", "one");
  const { data, host } = (await place.drover("host", "stats", "--url", place.url)).json();
  const rows = data.tables.find(({ name }: { name: string }) => name === "assignments");
  expect(rows).toMatchObject({ documents: 1, bytes: expect.any(Number) });
  expect(host.commits).toBeGreaterThan(0);
  expect(host.functions.map(({ path }: { path: string }) => path)).toContain("assignments:create");
  await place.stopHost();
  expect((await place.drover("host", "stats", "--url", place.url)).json()).toMatchObject({ host: null });
});

it("what cannot be restored or backed up is said, and nothing is changed", async () => {
  const env = { DROVER_HOME: join(folder, "home") };
  const missing = await drover(["backup", join(folder, "a")], { env });
  expect(missing.code).toBe(1);
  expect(missing.stderr).toContain("there is no data file");
  const unknown = await drover(["restore", join(folder, "b")], { env });
  expect(unknown.code).toBe(1);
  expect(unknown.stderr).toContain("there is no backup");
});
