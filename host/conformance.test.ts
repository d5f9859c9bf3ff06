/**
 * Seam: the same functions on this host and on convex-test, with random documents, writes and index ranges; both must
 * give the same rows in the same order. Both share the convex package, so what is compared is the server's side.
 */
import { convexTest } from "convex-test";
import { convexToJson, type Value } from "convex/values";
import fc from "fast-check";
import { expect, it } from "vitest";
import schema from "./fixtures/app/convex/schema.ts";
import * as values from "./fixtures/app/convex/values.ts";
import { fixtureHost, httpClient, mutation, query } from "./fixtures/harness.ts";

const scalar: fc.Arbitrary<Value> = fc.oneof(
  fc.constantFrom<Value>(null, true, false, 0, 1, 2.5, -1, 0n, 5n, -5n, "", "a", "b", "ab"),
  fc.double({ noNaN: true }),
  fc.string({ maxLength: 3 }),
);
const value = fc.oneof(
  { weight: 6, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 2 }) },
  { weight: 1, arbitrary: fc.record({ a: scalar }) },
);
const group = fc.constantFrom("g1", "g2");
const lower = fc.record({ kind: fc.constantFrom("gt", "gte"), value });
const upper = fc.record({ kind: fc.constantFrom("lt", "lte"), value });
const range = fc.record(
  {
    group,
    lower,
    upper,
    take: fc.integer({ min: 0, max: 5 }),
    without: value,
    order: fc.constantFrom("asc", "desc"),
  },
  { requiredKeys: ["order"] },
);
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("put" as const), value, group }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("change" as const), at: fc.nat(), value }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("drop" as const), at: fc.nat() }) },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Backend {
  mutation(path: string, args: object): Promise<Value>;
  query(path: string, args: object): Promise<Value>;
}

async function play(backend: Backend, steps: Step[]) {
  const ids: string[] = [];
  for (const each of steps) {
    if (each.do === "put")
      ids.push((await backend.mutation("values:put", { value: each.value, group: each.group })) as string);
    else if (ids.length > 0) {
      const [id] = each.do === "drop" ? ids.splice(each.at % ids.length, 1) : [ids[each.at % ids.length]];
      await backend.mutation(`values:${each.do}`, each.do === "drop" ? { id } : { id, value: each.value });
    }
  }
}

it("gives the same rows in the same order as convex-test for random data and ranges", async () => {
  const modules = {
    "./convex/values.ts": async () => values,
    "./convex/_generated/api.js": async () => ({}),
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 25 }),
      fc.array(range, { minLength: 4, maxLength: 8 }),
      async (steps, ranges) => {
        const host = await fixtureHost();
        const http = httpClient(host.url);
        const model = convexTest(schema, modules);
        const backends: Backend[] = [
          {
            mutation: (path, args) => http.mutation(mutation(path), args as never),
            query: (path, args) => http.query(query(path), args as never),
          },
          {
            mutation: (path, args) => model.mutation(mutation(path), args as never),
            query: (path, args) => model.query(query(path), args as never),
          },
        ];
        for (const backend of backends) await play(backend, steps);
        for (const each of ranges) {
          const [ours = null, theirs = null] = await Promise.all(
            backends.map((backend) => backend.query("values:range", each)),
          );
          expect(convexToJson(ours)).toEqual(convexToJson(theirs));
        }
        await host.stop();
      },
    ),
    { numRuns: 40 },
  );
}, 60_000);
