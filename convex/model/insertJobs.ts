import { notYet } from "./notYet.ts";
export const insertJobs = notYet;
