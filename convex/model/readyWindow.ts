import { notYet } from "./notYet.ts";
export const readyWindow = notYet;
