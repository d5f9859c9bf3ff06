import { notYet } from "./notYet.ts";
export const explainJob = notYet;
