import type { Tx } from "./tx.ts";
export async function drain(_tx: Tx): Promise<void> {}
