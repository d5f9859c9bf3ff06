import { cronJobs, makeFunctionReference } from "convex/server";

const crons = cronJobs();

// The reaper of each session is scheduled for its lease end; this catches what an outage swallowed.
crons.interval("reap lapsed sessions", { minutes: 1 }, makeFunctionReference<"mutation">("sessions:reapAll"));

export default crons;
