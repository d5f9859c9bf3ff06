/** Seam: what a terminal sends at once in, single keys out. */
import { describe, expect, it } from "vitest";
import { typedKeys } from "./typedKeys.ts";

describe("keys that come as one text", () => {
  it("are taken one by one, with enter, escape, tab, backspace and Ctrl+C among them", () => {
    expect(typedKeys("g\r")).toEqual([{ input: "g" }, { input: "", return: true }]);
    expect(typedKeys("\u007f\t\u0003")).toEqual([
      { input: "", backspace: true },
      { input: "", tab: true },
      { input: "c", ctrl: true },
    ]);
    expect(typedKeys("q\u001b")).toEqual([{ input: "q" }, { input: "", escape: true }]);
    expect(typedKeys("日本")).toEqual([{ input: "日" }, { input: "本" }]);
  });

  it("hold arrows and pages, also where the first has lost its escape character; other sequences do nothing", () => {
    expect(typedKeys("[B\u001b[B\u001b[5~x")).toEqual([
      { input: "", downArrow: true },
      { input: "", downArrow: true },
      { input: "", pageUp: true },
      { input: "x" },
    ]);
    expect(typedKeys("a\u001b[Hb")).toEqual([{ input: "a" }, { input: "" }, { input: "b" }]);
  });
});
