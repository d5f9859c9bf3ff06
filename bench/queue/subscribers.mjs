// Subscribers of one assignment in a process of their own, each on a socket of its own: what they make of a message must
// not keep the committer waiting. Started by `fanOut.mjs`, which says what they are to wait for.
import { api } from "../../convex/_generated/api.js";
import { namespace } from "./drover.mjs";
import { clientsOf } from "./host.mjs";

const { url, token, count, assignment } = JSON.parse(process.argv[2]);
const clients = [];
const client = clientsOf(url, token, clients);
/** By decisions: how many have seen them. */
let seen = new Map();
let expected;
let first = 0;

const tell = () => {
  if (expected !== undefined && seen.get(expected) === count) process.send({ all: expected });
};

for (let i = 0; i < count; i++) {
  let isFirst = true;
  client().onUpdate(api.assignments.get, { namespace, assignment }, ({ assignment: { decisions } }) => {
    if (isFirst && ++first === count) process.send({ ready: true });
    isFirst = false;
    seen.set(decisions, 1 + (seen.get(decisions) ?? 0));
    if (decisions === expected) tell();
  });
}
// What has been waited for is behind all of them.
process.on("message", ({ expect }) => {
  seen = new Map([[expect, seen.get(expect) ?? 0]]);
  expected = expect;
  tell();
});
process.on("disconnect", () => process.exit(0));
