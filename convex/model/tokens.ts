import { notYet } from "./notYet.ts";
export const listTokens = notYet;
export const registerToken = notYet;
export const revokeToken = notYet;
