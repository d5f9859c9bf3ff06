import { notYet } from "./notYet.ts";
export const statusOfQueue = notYet;
export const watch = notYet;
