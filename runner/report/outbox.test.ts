/** Seam: the outbox over a real file; a kill is played by cutting the file at any byte. */
import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openOutbox } from "./outbox.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "drover-outbox-"));
  file = join(folder, "outbox.jsonl");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("the outbox", () => {
  it("gives back what was put in and not struck out, oldest first, after a restart", async () => {
    const box = await openOutbox<string>(file);
    ["a", "b", "c"].forEach((id) => box.put(id, `report ${id}`));
    await Promise.all([box.sync(), box.sync(), box.sync()]);
    box.done("b");
    await box.close();
    const again = await openOutbox<string>(file);
    expect(again.pending().map(({ id, report }) => [id, report])).toEqual([
      ["a", "report a"],
      ["c", "report c"],
    ]);
    await again.close();
  });

  it("keeps every acknowledged report when the file is cut at any later byte", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string(), { minLength: 1, maxLength: 5 }),
        fc.nat(),
        async (texts, cut) => {
          await rm(file, { force: true });
          const box = await openOutbox<string>(file);
          const sizes: number[] = [];
          for (const [i, text] of texts.entries()) {
            box.put(String(i), text);
            sizes.push((await readFile(file)).length);
          }
          await box.close();
          const end = cut % ((sizes.at(-1) ?? 0) + 1);
          await truncate(file, end);
          const again = await openOutbox<string>(file);
          const acknowledged = texts.filter((_, i) => (sizes[i] ?? 0) <= end);
          expect(
            again
              .pending()
              .map((entry) => entry.report)
              .slice(0, acknowledged.length),
          ).toEqual(acknowledged);
          again.put("after", "the cut");
          await again.close();
          const third = await openOutbox<string>(file);
          expect(third.pending().at(-1)?.report).toBe("the cut");
          await third.close();
        },
      ),
      { numRuns: 40 },
    );
  });

  it("forgets what is done when it is opened again, so that the file does not grow", async () => {
    const box = await openOutbox<string>(file);
    box.put("a", "x".repeat(10_000));
    box.done("a");
    await box.close();
    await (await openOutbox<string>(file)).close();
    expect((await readFile(file)).length).toBe(0);
  });

  it("skips lines that are no entries", async () => {
    await writeFile(file, 'null\n{"other":1}\nnot json\n{"entry":{"id":"a","at":1,"report":"kept"}}\n');
    const box = await openOutbox<string>(file);
    expect(box.pending().map((entry) => entry.report)).toEqual(["kept"]);
    await box.close();
  });
});
