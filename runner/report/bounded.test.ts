/** Seam: pure cutting of texts, and of files without reading them whole. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_RESULT_BYTES } from "../../domain/limits.ts";
import { boundFile, boundText } from "./bounded.ts";

describe("a bounded text", () => {
  it("is left alone while it fits", () => {
    expect(boundText("short")).toEqual({ text: "short", cut: false });
  });

  it("keeps head and tail, says what is missing and names the file", () => {
    const { text, cut } = boundText(`HEAD${"x".repeat(5000)}TAIL`, { maxBytes: 1000, file: "out.jsonl" });
    expect(cut).toBe(true);
    expect(text).toMatch(
      /^HEADx+\n\n\[\.\.\. 5008 bytes, cut to 1000; the whole text is in out\.jsonl.*x+TAIL$/s,
    );
  });

  it("never exceeds its size and never halves a character", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", maxLength: 800 }),
        fc.integer({ min: 200, max: 900 }),
        (text, maxBytes) => {
          const bounded = boundText(text, { maxBytes });
          expect(Buffer.byteLength(bounded.text)).toBeLessThanOrEqual(maxBytes);
          if (!text.includes("\uFFFD")) expect(bounded.text).not.toContain("\uFFFD");
        },
      ),
    );
  });

  it("of a large file shows head and tail, redacted even where a secret lies across the cut", async () => {
    const folder = await mkdtemp(join(tmpdir(), "drover-bounded-"));
    const file = join(folder, "stdout");
    await writeFile(file, `HEAD${"hush-hush ".repeat(100_000)}TAIL`);
    const { text, cut } = boundFile(file, (all) => all.replaceAll("hush-hush", "[redacted]"));
    await rm(folder, { recursive: true });
    expect(cut).toBe(true);
    expect(text).toMatch(/^HEAD.*\[\.\.\. 1000008 bytes, cut to 65536; .*TAIL$/s);
    expect(text).not.toContain("hush-hush");
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_RESULT_BYTES);
  });
});
