import { notYet } from "./notYet.ts";
export const finishByHand = notYet;
export const startByHand = notYet;
