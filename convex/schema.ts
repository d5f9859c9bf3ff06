/**
 * The tables. Each one's comment says who writes, reads and deletes its rows. Long texts live in tables of their own
 * (`jobTexts`, `assignmentTexts`), so that windows, lists and counts read small rows: 64 contexts of 256 KB would
 * break the 16 MiB that a transaction may read.
 */
import { defineSchema } from "convex/server";
import { fleetTables } from "./tables/fleet.ts";
import { workTables } from "./tables/work.ts";

export { vBlocked, vLimits, vRetention, vReviewRule, vUsage } from "./tables/values.ts";

export default defineSchema({ ...fleetTables, ...workTables });
