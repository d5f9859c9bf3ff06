import { notYet } from "./notYet.ts";
export const clearHealth = notYet;
export const expireHealth = notYet;
export const listHealth = notYet;
export const reportHealth = notYet;
