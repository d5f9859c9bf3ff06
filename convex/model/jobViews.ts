import { notYet } from "./notYet.ts";
export const getJob = notYet;
export const listJobs = notYet;
