import { notYet } from "./notYet.ts";
export const updateAssignment = notYet;
