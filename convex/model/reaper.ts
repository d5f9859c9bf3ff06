import { notYet } from "./notYet.ts";
export const reapLapsed = notYet;
export const reapSession = notYet;
