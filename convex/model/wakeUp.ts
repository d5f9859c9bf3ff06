import { notYet } from "./notYet.ts";
export const becomeDue = notYet;
