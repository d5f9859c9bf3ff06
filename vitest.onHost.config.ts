import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** The tests of the functions once more, on the host's engine: what convex-test imitates and the host must agree. */
export default defineConfig({
  resolve: {
    alias: { "convex-test": fileURLToPath(new URL("host/testing/convexTest.ts", import.meta.url)) },
  },
  test: {
    name: "convexOnHost",
    environment: "node",
    include: ["convex/**/*.test.ts"],
    maxWorkers: 2,
    testTimeout: 60_000,
  },
});
