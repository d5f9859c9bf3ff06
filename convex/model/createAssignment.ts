import { notYet } from "./notYet.ts";
export const createAssignment = notYet;
