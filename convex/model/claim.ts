import { notYet } from "./notYet.ts";
export const claimJob = notYet;
