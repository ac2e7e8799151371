import { defineConfig } from "vitest/config";

const exclude = ["**/node_modules/**", "**/dist/**", "**/build/**"];

/** What the control plane runs on: e2e/world/platforms. */
const platforms = ["node", "libsql", "nats", "workers"];

/** Kinds of tests: without anything outside the process, the simulation, with a Docker Engine, and with whole programs and a browser: on Node, and the same on every platform. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["**/*.test.{ts,mjs}"],
          exclude: [...exclude, "**/*.{engine,edge}.test.ts", "e2e/**"],
          testTimeout: 20_000,
          hookTimeout: 20_000,
        },
      },
      {
        test: {
          name: "engine",
          include: ["**/*.engine.test.ts"],
          exclude,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "edge",
          include: ["**/*.edge.test.ts"],
          exclude,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "simulation",
          include: ["simulation/*.sim.ts"],
          exclude,
          testTimeout: 900_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["e2e/stories/*.spec.ts"],
          exclude,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      ...platforms.map((platform) => ({
        test: {
          name: `everywhere-${platform}`,
          include: ["e2e/everywhere/*.spec.ts"],
          exclude,
          env: { APPOS_E2E_PLATFORM: platform },
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      })),
    ],
  },
});
