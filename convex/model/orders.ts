import { notYet } from "./notYet.ts";
export const ordersOf = notYet;
