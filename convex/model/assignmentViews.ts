import { notYet } from "./notYet.ts";
export const getAssignment = notYet;
export const listAssignments = notYet;
