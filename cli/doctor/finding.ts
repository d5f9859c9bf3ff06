/** `note`: not here, and not needed. */
export type Level = "ok" | "note" | "warn" | "fail";

/** One thing that was looked at. */
export interface Finding {
  name: string;
  level: Level;
  detail: string;
  /** What to do about it; absent where nothing is wrong. */
  fix?: string;
}

export const ok = (name: string, detail: string): Finding => ({ name, level: "ok", detail });
export const note = (name: string, detail: string): Finding => ({ name, level: "note", detail });
export const warn = (name: string, detail: string, fix: string): Finding => ({
  name,
  level: "warn",
  detail,
  fix,
});
export const fail = (name: string, detail: string, fix: string): Finding => ({
  name,
  level: "fail",
  detail,
  fix,
});
