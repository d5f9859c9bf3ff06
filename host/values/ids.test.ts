/** Seam: the id codec alone. Its agreement with the real format is held by the form (length, alphabet, checksum). */
import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeId, encodeId, newId } from "./ids.ts";

const table = fc.oneof(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
const internal = fc.uint8Array({ minLength: 16, maxLength: 16 });

it("gives table and internal id back from every id", () => {
  fc.assert(
    fc.property(table, internal, (tableNumber, bytes) => {
      const id = encodeId(tableNumber, bytes);
      expect(id).toMatch(/^[0-9a-hjkmnp-tv-z]{31,37}$/);
      expect(decodeId(id)).toEqual({ tableNumber, internal: bytes });
    }),
  );
});

it("takes no id whose text was changed", () => {
  fc.assert(
    fc.property(
      table,
      internal,
      fc.nat(),
      fc.constantFrom(..."0123456789abcdefghjkmnpqrstvwxyz"),
      (...[t, bytes, at, char]) => {
        const id = encodeId(t, bytes);
        const position = at % id.length;
        fc.pre(id[position] !== char);
        const changed = id.slice(0, position) + char + id.slice(position + 1);
        const decoded = decodeId(changed);
        // Fletcher-16 modulo 256 sees every change of one byte; a character may span two.
        if (decoded !== null) expect(encodeId(decoded.tableNumber, decoded.internal)).toBe(changed);
      },
    ),
  );
});

it.each(["", "abc", "x".repeat(32), "k57abc", "ILOU".repeat(8)])("reads no id from %j", (text) => {
  expect(decodeId(text)).toBeNull();
});

it("makes ids of its table that are all different", () => {
  const ids = Array.from({ length: 2_000 }, () => newId(10_001, Date.UTC(2026, 10, 20)));
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(decodeId(id)?.tableNumber).toBe(10_001);
});
