import { clean } from "../../../domain/clean.ts";
import { openOrders, parseWorkOrders, WORK_ORDERS_FILE } from "../../workOrders/parse.ts";
import type { Check } from "../check.ts";
import { CI_FILE } from "./ci.ts";

/** Task files that Drover and older tools leave in a repo's root. */
const TASK_FILE = /^(?:runforge|tokencontrol|drover)-.*\.json$/;

/** The three quality checks. */
export const qualityChecks: Check[] = [
  {
    id: "quality-no-coverage",
    category: "quality",
    severity: "info",
    trigger: "ci.yml has none of cover, coverage, codecov and the Makefile has no `-cover`",
    languages: ["go", "python", "multi"],
    find: (repo) => {
      const ci = repo.text(CI_FILE) ?? "";
      const makefile = repo.text("Makefile") ?? "";
      if (ci.includes("cover") || ci.includes("codecov") || makefile.includes("-cover")) return [];
      return [
        {
          message: "test coverage is not measured",
          suggestion: "Measure coverage in CI or in the Makefile",
          where: CI_FILE,
          steps: [
            "Add a coverage flag to the test command of the Makefile or CI (`go test -cover`, `pytest --cov`).",
          ],
        },
      ];
    },
  },
  {
    id: "quality-stale-wo",
    category: "quality",
    severity: "info",
    trigger: `${WORK_ORDERS_FILE} has work orders that are not done (by heading or status line)`,
    find: (repo) => {
      const open = openOrders(parseWorkOrders(repo.text(WORK_ORDERS_FILE) ?? "").orders);
      if (open.length === 0) return [];
      return [
        {
          message: `${open.length} work order${open.length === 1 ? "" : "s"} not done in ${WORK_ORDERS_FILE}`,
          suggestion: "Turn them into tasks with `drover generate`, or mark them done",
          where: WORK_ORDERS_FILE,
          steps: [
            `Open: ${open.map((order) => order.id).join(", ")}. For each, find out whether the code already has it.`,
            "Mark what is done with `**Status:** `[x]``; leave the others as they are.",
          ],
        },
      ];
    },
  },
  {
    id: "quality-orphaned-tasks",
    category: "quality",
    severity: "warning",
    trigger: "`runforge-*.json`, `tokencontrol-*.json` or `drover-*.json` in the repo root",
    find: (repo) => {
      const names = repo.fileNames("").filter((name) => TASK_FILE.test(name));
      if (names.length === 0) return [];
      const listed = names.map(clean).join(", ");
      return [
        {
          message: `${names.length} orphaned task file${names.length === 1 ? "" : "s"}: ${listed}`,
          suggestion: "Remove task files from the repo root",
          where: names[0] ?? ".",
          steps: [
            `Remove ${names.map((name) => JSON.stringify(name)).join(", ")} if all its tasks are done, else move it out of the repo.`,
            "Add the pattern to `.gitignore`.",
          ],
        },
      ];
    },
  },
];
