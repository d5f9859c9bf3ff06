import { notYet } from "./notYet.ts";
export const renewLease = notYet;
