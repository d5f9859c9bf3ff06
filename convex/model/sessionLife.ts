import { notYet } from "./notYet.ts";
export const endSession = notYet;
export const startSession = notYet;
