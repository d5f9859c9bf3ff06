/** Reading a PM's decision: tolerant to what stands around the last JSON object, strict in its fields. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lastJsonObject } from "./lastJson.ts";
import { parsePmDecision } from "./pmDecision.ts";

describe("parsePmDecision", () => {
  it("reads an insert with its jobs and texts", () => {
    const answer =
      '{"decision":"insert","jobs":[{"type":"implement","context":"do","harness":"codex","title":"T"}],"artifacts":"a","decisions":"d"}';
    expect(parsePmDecision(answer)).toEqual({
      kind: "insert",
      jobs: [{ type: "implement", context: "do", harness: "codex", title: "T" }],
      artifacts: "a",
      decisions: "d",
    });
  });

  it("reads a decision inside a fence, between prose with braces of its own", () => {
    const answer = 'Use { for blocks and "quotes.\n```json\n{"decision":"complete"}\n```\nThat is all :-}';
    expect(parsePmDecision(answer)).toEqual({ kind: "complete" });
  });

  it("takes the last object when there are several", () => {
    const answer =
      '{"decision":"complete"} no, rather {"decision":"block","reason":"need a key","owner":"human"}';
    expect(parsePmDecision(answer)).toEqual({ kind: "block", reason: "need a key", owner: "human" });
  });

  it("lets a person act on a block that names nobody", () => {
    expect(parsePmDecision('{"decision":"block","reason":"why"}')).toMatchObject({ owner: "human" });
  });

  it.each(["", "All done.", "{}", '{"kind":"complete"}', "{not json}", '["decision"]'])(
    "finds no decision in %j",
    (answer) => {
      expect(parsePmDecision(answer)).toEqual({ kind: "none" });
    },
  );

  it.each([
    ['{"decision":"finish"}', '"decision" must be "insert", "complete" or "block", got "finish"'],
    ['{"decision":"complete","note":"x"}', 'no field "note"'],
    ['{"decision":"complete","artifacts":1}', '"artifacts" must be a text, got 1'],
    ['{"decision":"block"}', '"reason" must be a text that is not empty, got nothing'],
    ['{"decision":"block","reason":" "}', '"reason" must be a text'],
    ['{"decision":"block","reason":"r","owner":"me"}', '"owner" must be one of human, pm, runner'],
    ['{"decision":"insert"}', '"jobs" must be a list of jobs, got nothing'],
    ['{"decision":"insert","jobs":["x"]}', 'job 1 must be an object with "type" and "context"'],
    [
      '{"decision":"insert","jobs":[{"type":"dance","context":"x"}]}',
      '"type" must be a job type other than pm',
    ],
    ['{"decision":"insert","jobs":[{"type":"pm","context":"x"}]}', '"type" must be a job type other than pm'],
    ['{"decision":"insert","jobs":[{"type":"plan","context":""}]}', 'job 1: "context" must be a text'],
    [
      '{"decision":"insert","jobs":[{"type":"plan","context":"x","after":"y"}]}',
      'job 1 has no field "after"',
    ],
    [
      '{"decision":"insert","jobs":[{"type":"plan","context":"x","title":3}]}',
      '"title" must be a text, got 3',
    ],
  ])("refuses %s and says what is wrong", (answer, reason) => {
    const decision = parsePmDecision(answer);
    expect(decision.kind).toBe("invalid");
    expect(decision).toHaveProperty("reason", expect.stringContaining(reason));
  });

  it("never throws, whatever the text", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.json(), fc.string({ unit: fc.constantFrom("{", "}", '"', "\\", "a", ":") })),
        (text) => {
          expect(parsePmDecision(text).kind).toBeTypeOf("string");
        },
      ),
    );
  });
});

describe("lastJsonObject", () => {
  it("finds any object that follows prose without a brace in it", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.string(),
        fc.string(),
        (object, before, after) => {
          const plain = (text: string) => text.replaceAll(/[{}]/g, "");
          const text = `${plain(before)}\n${JSON.stringify(object)}\n${plain(after)}`;
          expect(lastJsonObject(text)).toEqual(JSON.parse(JSON.stringify(object)));
        },
      ),
    );
  });

  it("gives the outermost object, not one inside of it", () => {
    expect(lastJsonObject('{"a":{"b":1}}')).toEqual({ a: { b: 1 } });
  });

  it("finds the decision behind thousands of braces of code", () => {
    expect(lastJsonObject(`${"if (x) { y(); }\n".repeat(3000)}{"a":1}`)).toEqual({ a: 1 });
  });

  it("gives up on a hostile text instead of working on it for minutes", () => {
    expect(lastJsonObject("{".repeat(65_536))).toBeUndefined();
  });
});
