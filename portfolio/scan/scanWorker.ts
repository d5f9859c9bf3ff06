import { parentPort, workerData } from "node:worker_threads";
import { scanShare, type Share } from "./scanPool.ts";

// One helper thread of scanPool: takes its share of the repos, answers once, ends.
parentPort?.postMessage(scanShare(workerData as Share));
