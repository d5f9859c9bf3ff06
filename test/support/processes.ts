/** What tests ask of this machine's processes. */
import { snapshot } from "../../runner/process/table.ts";

/** All processes by pid. */
export async function processTable() {
  return (await snapshot()).table;
}

/** Pids whose environment holds `NAME=value`. */
export async function pidsWithVariable(name: string, value: string): Promise<number[]> {
  const { table, environOf } = await snapshot();
  return [...table.keys()].filter((pid) => environOf(pid)?.includes(`\0${name}=${value}\0`));
}
