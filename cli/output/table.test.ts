/** Seam: cells and widths → lines. */
import { describe, expect, it } from "vitest";
import { cut, table, wrap } from "./table.ts";
import { duration } from "./time.ts";

describe("a table", () => {
  it("pads columns by what a terminal shows, not by characters", () => {
    const lines = table(
      [
        ["名", "b"],
        ["abc", "b"],
      ],
      80,
    );
    expect(lines).toBe("名   b\nabc  b");
  });

  it("cuts the last column to the terminal and keeps it on one line", () => {
    expect(table([["1", "a\nlong text that does not fit"]], 20)).toBe("1  a long text that…");
  });
});

describe("text", () => {
  it("is cut between characters, never inside one", () => {
    expect(cut("👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 4)).toBe("👩‍👩‍👧‍👦…");
  });

  it("is wrapped at words, with its own line breaks kept", () => {
    expect(wrap("one two three\nfour", "  ", 15)).toBe("  one two three\n  four");
    expect(wrap("one two three four", "", 14)).toBe("one two three\nfour");
  });

  it("keeps the indentation of its lines, also where they are wrapped", () => {
    expect(wrap("next:\n  drover up   start", "", 40)).toBe("next:\n  drover up   start");
    expect(wrap("- a\n    one two three four", "  ", 20)).toBe("  - a\n      one two three\n      four");
  });
});

describe("a length of time", () => {
  it.each([
    [12, "12ms"],
    [4_200, "4.2s"],
    [42_000, "42s"],
    [185_000, "3m 05s"],
    [7_800_000, "2h 10m"],
    [273_600_000, "3d 4h"],
  ])("of %i ms reads %s", (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});
