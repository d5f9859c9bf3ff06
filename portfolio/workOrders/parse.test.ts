/**
 * Seam: the text of a work-order file in, orders out. The five house formats are written out whole; the fuzz tests
 * hold what no example can: it never throws, and no order comes from nowhere.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseWorkOrders } from "./parse.ts";

const CLASSIC = `# Work orders

## WO-01: Add unit tests

**Status:** \`[ ]\`
**Priority:** high
**Goal:** Cover the parser with tests.

### Acceptance criteria
- [ ] every branch is covered
- [x] runs in CI

---

Prose after the rule, requires WO-99.

## WO-02: Add SARIF

**Status:** \`[~]\` started
**Priority:** Low (someday)
**Goal:** Write SARIF. This builds on WO-01.
`;

const SUMMARY = `## WO-A.1: Cache

### Summary

Keep parsed files
in memory.

Not this paragraph.

### Acceptance
- hits are counted
- no leak

### Notes
- not acceptance, runner: Claude
`;

const PHASES = `## Phase 1

### WO-7: First
**Goal:** Do it.

### WO-8: Second
**Goal:** Do more after WO-7.

## Phase 2

Text that belongs to nobody, depends on WO-8.
`;

const MARKED = `## WO-1: Ship it ✅
## WO-2: Ship more [DONE]
## WO-3: Abandoned cart
## WO-4: Mark tasks as done
## WO-5: Old - done
`;

const FIELDS = `## WO-10: Join
**Status:** \`[x]\`
**Depends on:** WO-8, WO-9 and \`WO-A.1\`
**Priority:** medium

\`\`\`md
## WO-666: In a fence
**Status:** \`[ ]\`
\`\`\`
`;

const FORMATS: [string, string, object[]][] = [
  [
    "classic headings with status, priority and goal",
    CLASSIC,
    [
      {
        id: "WO-01",
        title: "Add unit tests",
        line: 3,
        status: "planned",
        priority: 1,
        summary: "Cover the parser with tests.",
        acceptance: ["every branch is covered", "runs in CI"],
        dependsOn: [],
      },
      {
        id: "WO-02",
        status: "in_progress",
        priority: 3,
        dependsOn: ["WO-01"],
        summary: "Write SARIF. This builds on WO-01.",
      },
    ],
  ],
  [
    "a summary section and acceptance bullets",
    SUMMARY,
    [
      {
        id: "WO-A.1",
        status: "planned",
        priority: 2,
        summary: "Keep parsed files in memory.",
        acceptance: ["hits are counted", "no leak"],
        runner: "claude",
      },
    ],
  ],
  [
    "third-level orders below phases",
    PHASES,
    [
      { id: "WO-7", dependsOn: [] },
      { id: "WO-8", dependsOn: ["WO-7"] },
    ],
  ],
  [
    "marks in the heading",
    MARKED,
    [
      { id: "WO-1", title: "Ship it", status: "done", statusSource: "heading" },
      { id: "WO-2", title: "Ship more", status: "done" },
      { id: "WO-3", title: "Abandoned cart", status: "planned" },
      { id: "WO-4", title: "Mark tasks as done", status: "planned" },
      { id: "WO-5", title: "Old", status: "done" },
    ],
  ],
  [
    "fields with several dependencies",
    FIELDS,
    [{ id: "WO-10", status: "done", statusSource: "status line", dependsOn: ["WO-8", "WO-9", "WO-A.1"] }],
  ],
];

describe("the house formats", () => {
  it.each(FORMATS)("reads %s", (_name, text, expected) => {
    const { orders } = parseWorkOrders(text);
    expect(orders).toHaveLength(expected.length);
    expect(orders).toMatchObject(expected);
  });

  it.each(FORMATS)("reads %s with CRLF just the same", (_name, text) => {
    expect(parseWorkOrders(text.replaceAll("\n", "\r\n"))).toEqual(parseWorkOrders(text));
  });
});

describe("the grammar", () => {
  it("says why a heading that looks like an order is none", () => {
    const { orders, nearMisses } = parseWorkOrders(
      "# WO-1: too high\n## WO-2 no colon\n## wo-3: small\n#### WO-4: too low\n",
    );
    expect(orders).toEqual([]);
    expect(nearMisses.map((miss) => miss.line)).toEqual([1, 2, 3, 4]);
    expect(nearMisses[1]?.reason).toContain("colon");
  });

  it("reads a field with several ids, and every list in prose, without the order itself", () => {
    const { orders } = parseWorkOrders("## WO-5: A\nIt requires WO-1, WO-2 & WO-5, then WO-9.\n");
    expect(orders[0]?.dependsOn).toEqual(["WO-1", "WO-2"]);
  });

  it("takes only the first prose hit and only ids with a digit", () => {
    const { orders } = parseWorkOrders("## WO-5: A\nRequires WO-LATER. Depends on WO-1. After WO-2.\n");
    expect(orders[0]?.dependsOn).toEqual(["WO-1"]);
  });

  it("never throws, and every order stands at a heading outside of fences", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "## ",
        "### ",
        "# ",
        "WO-",
        "1",
        "A",
        ".",
        "-",
        ":",
        " ",
        "\n",
        "\r\n",
        "\r",
        "```",
        "~~~~",
        "---",
        "**Status:** `[x]`",
        "**Goal:** ",
        "### Summary",
        "### Acceptance",
        "- [ ] ",
        "depends on ",
        "✅",
        "[done]",
        "**Depends on:** ",
      ),
      fc.string({ maxLength: 12 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join("");
        const lines = text.split(/\r\n|\n|\r/);
        const { orders } = parseWorkOrders(text);
        const headings = lines.filter((line) => /^#{2,3}[ \t]+WO-[A-Za-z0-9.-]+:/.test(line));
        expect(orders.length).toBeLessThanOrEqual(headings.length);
        for (const order of orders) {
          expect(lines[order.line - 1]).toContain(`${order.id}:`);
          expect(order.dependsOn).not.toContain(order.id);
          for (const id of order.dependsOn) expect(text).toContain(id);
        }
        if (!/```|~~~/.test(text)) expect(orders).toHaveLength(headings.length);
      }),
      { numRuns: 2000 },
    );
  });

  it("reads a hostile megabyte in linear steps", () => {
    const text = `## WO-1: A\n**Depends on:** ${"WO-".repeat(300_000)}\nafter ${" ".repeat(100_000)}${"`WO-1` ,".repeat(20_000)}!\n`;
    expect(parseWorkOrders(text).orders[0]?.dependsOn).toEqual([]);
  });
});
