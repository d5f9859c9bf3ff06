import { defineConfig } from "vitest/config";

/** Opt-in: the real agent CLIs against the provider double (`npm run test:harness`). */
export default defineConfig({
  test: {
    include: ["test/harness/**/*.test.ts", "test/provider/**/*.test.ts"],
    environment: "node",
    globalSetup: "test/e2e/support/build.ts",
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 300_000,
  },
});
