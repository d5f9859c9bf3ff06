/** Seam: foreign texts in, what a terminal gets out. */
import { describe, expect, it } from "vitest";
import { clean, cleanLine } from "./clean.ts";

describe("a foreign text", () => {
  it("shows control characters, breaks and direction marks instead of obeying them", () => {
    expect(clean("a\u001b[2Jb\nc\td\re\u202e\u009b")).toBe("a\\u001b[2Jb\\nc\\td\\re\\u202e\\u009b");
  });

  it("becomes one line where it is shown as one", () => {
    expect(cleanLine("first \r\n\n  second\tthird\u0007")).toBe("first second third\\u0007");
  });
});
