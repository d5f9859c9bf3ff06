import { notYet } from "./notYet.ts";
export const agentGrant = notYet;
export const signForAgent = notYet;
