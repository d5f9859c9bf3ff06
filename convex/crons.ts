import { cronJobs, makeFunctionReference } from "convex/server";

const crons = cronJobs();

// The reaper of each session is scheduled for its lease end; this catches what an outage swallowed.
crons.interval("reap lapsed sessions", { minutes: 1 }, makeFunctionReference<"mutation">("sessions:reapAll"));

// Each sweep removes for as long as it has to, in small batches, and ends before the next begins.
crons.interval("remove what is over", { hours: 1 }, makeFunctionReference<"mutation">("retention:sweep"), {});
// A holder that no runner can take would keep its lock from jobs that one can.
crons.interval("pass on locks", { minutes: 1 }, makeFunctionReference<"mutation">("locks:passOn"), {
  cursor: null,
});

export default crons;
