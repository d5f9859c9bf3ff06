/** What the stand-in does in each role: the texts of the demo, apart from the doing. */
export const STAND_IN_ROLES = {
  plan: "says how it would be done",
  implement: "writes the function; the first time with a fault, then the fix",
  review: "runs the tests and reports what they say",
  pm: "decides what comes next",
} as const;
export type StandInRole = keyof typeof STAND_IN_ROLES;

export const PLAN = `Plan
1. src/slugify.js: lower case, everything that is no letter or digit becomes one hyphen, trim hyphens at both ends.
2. test/slugify.test.js: plain words, punctuation between words, punctuation and spaces at the ends.
3. A review runs \`npm test\` before anybody calls it done.`;

/** The planted fault: the first version forgets the ends, and its author does not run the tests. */
export const FAULTY_SLUGIFY = `/** The text as a slug: lower case, words joined by single hyphens. */
export function slugify(text) {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, "-");
}
`;

export const FIXED_SLUGIFY = `/** The text as a slug: lower case, words joined by single hyphens, none at either end. */
export function slugify(text) {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}
`;

export const SLUGIFY_TEST = `import assert from "node:assert/strict";
import { test } from "node:test";
import { slugify } from "../src/slugify.js";

test("joins words by single hyphens", () => {
  assert.equal(slugify("Hello, World"), "hello-world");
});

test("has no hyphen at either end", () => {
  assert.equal(slugify("  Ready, steady, go!  "), "ready-steady-go");
});
`;

/** The words by which the PM knows a review that found something. */
export const FAULT_FOUND = "FAULT FOUND";
export const ALL_GOOD = "ALL TESTS PASS";

export const CONTEXTS = {
  plan: "Say which files change and how it will be verified. Change nothing yet.",
  implement: "Write src/slugify.js and test/slugify.test.js as planned, and commit.",
  review: "Run the tests of the repo and report what they say. Change nothing.",
} as const;
