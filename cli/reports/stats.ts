import type { Metric } from "../taskRun/metrics.ts";

export interface ProfileStats {
  profile: string;
  tasks: number;
  passed: number;
  success_rate: number;
  /** Tasks that this profile finished although another was tried before it. */
  fallbacks: number;
  /** Tasks that ended limited with this profile tried. */
  limited: number;
  mean_ms: number;
  tokens: number;
  cost_usd: number;
}

export interface MetricFilter {
  since?: number | undefined;
  until?: number | undefined;
  runner?: string | undefined;
}

/** The metrics of a time (ms since 1970) and a profile. */
export function chosenMetrics(all: readonly Metric[], { since, until, runner }: MetricFilter): Metric[] {
  return all.filter((metric) => {
    const at = Date.parse(metric.at);
    return (
      (since === undefined || at >= since) &&
      (until === undefined || at < until) &&
      (runner === undefined || metric.runner === runner)
    );
  });
}

/** What each profile has done, by name. */
export function profileStats(metrics: readonly Metric[]): ProfileStats[] {
  const by = new Map<string, Metric[]>();
  for (const metric of metrics)
    if (metric.result !== "skipped") by.set(metric.runner, [...(by.get(metric.runner) ?? []), metric]);
  return [...by]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([profile, list]) => {
      const sum = (value: (one: Metric) => number) => list.reduce((total, one) => total + value(one), 0);
      const passed = sum(({ result }) => (result === "pass" ? 1 : 0));
      return {
        profile,
        tasks: list.length,
        passed,
        success_rate: passed / list.length,
        fallbacks: sum(({ tried }) => (tried.length > 1 && tried[0] !== profile ? 1 : 0)),
        limited: sum(({ result }) => (result === "limited" ? 1 : 0)),
        mean_ms: Math.round(sum(({ wall_ms }) => wall_ms) / list.length),
        tokens: sum(({ tokens }) => tokens),
        cost_usd: sum(({ cost_usd }) => cost_usd),
      };
    });
}

/** Metrics as CSV after RFC 4180. A cell that a spreadsheet would run as a formula is quoted as text. */
export function toCsv(metrics: readonly Metric[]): string {
  const names = [
    "at",
    "run_id",
    "task",
    "repo",
    "result",
    "runner",
    "tried",
    "tokens",
    "cost_usd",
    "wall_ms",
    "review",
  ] as const;
  const rows = metrics.map((metric) =>
    names.map((name) => cell(Array.isArray(metric[name]) ? metric[name].join(" ") : String(metric[name]))),
  );
  return [names.join(","), ...rows.map((row) => row.join(","))].join("\r\n");
}

function cell(text: string): string {
  const safe = /^[=+\-@\t]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
