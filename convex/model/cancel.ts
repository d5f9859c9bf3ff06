import { notYet } from "./notYet.ts";
export const cancelJob = notYet;
