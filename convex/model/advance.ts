import { notYet } from "./notYet.ts";
export const advanceAttempt = notYet;
