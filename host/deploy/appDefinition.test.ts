/** Seam: what `convex.config.ts` may export. */
import { expect, it } from "vitest";
import { readAppDefinition } from "./appDefinition.ts";

const exporting = (app: object) =>
  readAppDefinition({ source: `export default { export: () => (${JSON.stringify(app)}) };` }, {});

it("takes an app that declares nothing, and one that declares variables and a prefix", async () => {
  expect(await readAppDefinition(null, {})).toEqual({ envVars: [] });
  expect(await exporting({ name: "app", childComponents: [] })).toEqual({ envVars: [] });
  const declared = {
    envVars: [["TOKEN", { type: "value", value: '{"type":"string"}' }]],
    httpPrefix: "/app/",
  };
  expect(await exporting(declared)).toEqual(declared);
});

it("names what it does not understand, and the way out, when a package of another version exports it", async () => {
  await expect(exporting({ envVars: { TOKEN: "string" } })).rejects.toThrow(
    /Update the convex package: npm install convex@latest\n.*expected array, received object\s+→ at envVars/,
  );
});
