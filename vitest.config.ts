import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const node = (name: string) => ({
  test: {
    name,
    environment: "node" as const,
    include: [`${name}/**/*.test.ts`],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});

export default defineConfig({
  test: {
    // The machines have two cores: more workers only fight each other.
    maxWorkers: 2,
    projects: [
      node("domain"),
      node("host"),
      node("runner"),
      node("portfolio"),
      node("cli"),
      {
        test: {
          name: "convex",
          environment: "edge-runtime",
          include: ["convex/**/*.test.ts"],
          testTimeout: 30_000,
          server: { deps: { inline: ["convex-test"] } },
        },
      },
      {
        // The same tests on the host's engine: what convex-test imitates and what the host does must agree.
        resolve: {
          alias: { "convex-test": fileURLToPath(new URL("host/testing/convexTest.ts", import.meta.url)) },
        },
        test: {
          name: "convexOnHost",
          environment: "node",
          include: ["convex/**/*.test.ts"],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "house",
          environment: "node",
          include: ["test/house/**/*.test.ts"],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "officialCli",
          environment: "node",
          include: ["test/officialCli/**/*.test.ts"],
          testTimeout: 90_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "e2e",
          environment: "node",
          include: ["test/e2e/**/*.test.ts", "test/chaos/**/*.test.ts"],
          globalSetup: "test/e2e/support/build.ts",
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          // After all others: packing builds anew what they run.
          name: "package",
          environment: "node",
          include: ["test/package/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
