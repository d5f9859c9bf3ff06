import { notYet } from "./notYet.ts";
export const retryJob = notYet;
