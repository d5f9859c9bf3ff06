import { notYet } from "./notYet.ts";
export const reportAttempt = notYet;
