/** Passes the fault point `spawned` once the child of an attempt is noted in its record. Does nothing unless armed. */
import { setTimeout as sleep } from "node:timers/promises";
import { readRecord } from "../attempt/record.ts";
import { faultPoint, isArmed } from "../fault.ts";

const LOOK_MS = 10;
const LOOKS = 3000;

export function whenSpawned(dir: string, handle: string): void {
  if (isArmed("spawned")) void look(dir, handle);
}

async function look(dir: string, handle: string): Promise<void> {
  for (let i = 0; i < LOOKS; i += 1) {
    const record = await readRecord(dir).catch(() => undefined);
    if (record?.process !== undefined) return faultPoint("spawned", handle);
    await sleep(LOOK_MS);
  }
}
