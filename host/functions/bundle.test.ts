/** Seam: what a folder of functions becomes, without a bundler at run time and with one. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { APP, fixtureHost, httpClient, mutation, query, tempApp, tempFolder } from "../fixtures/harness.ts";
import { bundleFunctions } from "../host.ts";

it("runs a folder that bundleFunctions wrote, which holds everything it needs", async () => {
  const folder = tempFolder();
  const bundle = await bundleFunctions(APP, folder);
  expect(readdirSync(folder).sort()).toEqual(["functions.js", "manifest.json"]);
  expect(bundle.modules).toContain("tasks");
  expect(bundle.modules).not.toContain("two.dots");
  const { url } = await fixtureHost({ functions: folder });
  await httpClient(url).mutation(mutation("tasks:add"), { queue: "a", title: "bundled" });
  expect(await httpClient(url).query(query("tasks:titles"), { queue: "a" })).toEqual(["bundled"]);
});

it("refuses a bundle whose script is not the one of its manifest", async () => {
  const folder = tempFolder();
  await bundleFunctions(APP, folder);
  const script = join(folder, "functions.js");
  writeFileSync(script, `${readFileSync(script, "utf8")}\n// changed`);
  await expect(fixtureHost({ functions: folder })).rejects.toThrow(
    "does not have the hash that the manifest names",
  );
});

it.each([
  [{ "a.ts": `"use node";\nexport const a = 1;` }, `"use node" modules come to the embedded host by`],
  [{ "a.ts": "export const a = ;" }, "cannot be bundled"],
  [{ "a.ts": "throw new Error('at load');" }, "The functions cannot be loaded: at load"],
  [{ "a.ts": "for (;;);" }, "The functions cannot be loaded: Script execution timed out"],
  [{ "readme.md": "no functions" }, "holds no modules"],
])("says what is wrong with the functions in %j", async (files, message) => {
  await expect(fixtureHost({ functions: tempApp(files as Record<string, string>) })).rejects.toThrow(message);
});

it("gives functions in subfolders and default exports their names", async () => {
  const functions = tempApp({
    "plain.ts": `import { queryGeneric } from "convex/server"; export default queryGeneric(async () => "default");`,
  });
  const { url } = await fixtureHost({ functions });
  expect(await httpClient(url).query(query("plain"), {})).toBe("default");
  expect(await httpClient(url).query(query("plain.js:default"), {})).toBe("default");
});
