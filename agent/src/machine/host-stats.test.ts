import { expect, test } from "vitest";
import { memory, processorTime } from "./host-stats.ts";
import { listener } from "./port-holder.ts";

test("processor time, of which waiting for a disk is idling", () => {
  expect(processorTime("cpu  10 1 5 100 20 2 3 4 0 0\ncpu0 1 1 1 1\n")).toEqual({ busy: 25, all: 145 });
});

test("memory in use is what no program could still have", () => {
  expect(memory("MemTotal:        1000 kB\nMemFree:  100 kB\nMemAvailable:     400 kB\n")).toEqual({
    memoryTotalBytes: 1_024_000,
    memoryUsedBytes: 614_400,
  });
});

test("who listens on a port, of those that listen", () => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 111 1
   1: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 222 1`;
  expect(listener(table, 8080)).toBe("222");
  expect(listener(table, 8081)).toBeUndefined();
});
