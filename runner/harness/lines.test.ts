/** Seam: bytes in any chunks, lines out. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { createLineSplitter } from "./lines.ts";

const split = (chunks: Uint8Array[], limit?: number) => {
  const splitter = createLineSplitter(limit);
  return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
};

it("splits at line feeds alone, not at U+2028, U+2029, U+0085 or a lone carriage return", () => {
  const lines = split([Buffer.from("a\u2028b\u2029c\u0085d\re\nf")]);
  expect(lines.map((line) => line.text)).toEqual(["a\u2028b\u2029c\u0085d\re", "f"]);
});

it("gives the same lines for any chunking of any text", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme" }),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      (text, sizes) => {
        const bytes = Buffer.from(text + "\n🚀é\n" + text);
        const chunks: Uint8Array[] = [];
        for (let at = 0, i = 0; at < bytes.length; i += 1) {
          const size = sizes[i % sizes.length] ?? 1;
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        expect(split(chunks)).toEqual(split([bytes]));
      },
    ),
  );
});

it("keeps a line of 2 MB whole, also when it comes in small chunks", () => {
  const line = "x".repeat(2_000_000);
  const bytes = Buffer.from(line + "\n");
  const chunks = Array.from({ length: Math.ceil(bytes.length / 4096) }, (_, i) =>
    bytes.subarray(i * 4096, (i + 1) * 4096),
  );
  expect(split(chunks)).toEqual([{ text: line, cut: false, unterminated: false }]);
});

it("marks a line above the limit as cut and reads the next one whole", () => {
  expect(split([Buffer.from("0123456789\nok\n")], 4)).toEqual([
    { text: "0123", cut: true, unterminated: false },
    { text: "ok", cut: false, unterminated: false },
  ]);
});

it("is not confused by a caller that reuses its buffer", () => {
  const splitter = createLineSplitter();
  const buffer = Buffer.from("abc");
  splitter.push(buffer);
  buffer.fill("z");
  expect(splitter.push(Buffer.from("\n"))[0]?.text).toBe("abc");
});
