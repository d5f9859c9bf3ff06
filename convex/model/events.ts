import { notYet } from "./notYet.ts";
export const recordEvents = notYet;
export const listEvents = notYet;
