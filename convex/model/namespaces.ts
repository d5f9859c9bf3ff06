import { notYet } from "./notYet.ts";
export const ensureNamespace = notYet;
export const getNamespace = notYet;
export const listNamespaces = notYet;
export const setPaused = notYet;
