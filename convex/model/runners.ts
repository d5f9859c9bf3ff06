import { notYet } from "./notYet.ts";
export const drainRunner = notYet;
export const listRunners = notYet;
