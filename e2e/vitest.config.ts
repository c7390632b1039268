/** Tests in a real browser against the real server, one file at a time: two cores are few. */
import { defineConfig } from "vitest/config";

const common = {
  environment: "node" as const,
  fileParallelism: false,
  testTimeout: 180_000,
  hookTimeout: 60_000,
  setupFiles: ["harness/failures.ts"],
};

export default defineConfig({
  test: {
    projects: [
      { test: { ...common, name: "tests", include: ["tests/**/*.test.ts"] } },
      { test: { ...common, name: "screenshots", include: ["screenshots/**/*.shots.ts"] } },
    ],
  },
});
