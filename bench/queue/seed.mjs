// A million finished jobs in minutes: the rows of one job that really ran (its texts are short, so they stand in its
// row), written again and again through the host's own transactions (every index is kept), while no host holds the file.
import { Transaction } from "../../host/database/transaction.ts";
import { openStore } from "../../host/database/store.ts";
import { openDataFile } from "../../host/storage/dataFile.ts";

/** A commit stays below the limit on documents that one transaction may write. */
const JOBS_PER_COMMIT = 1_000;
const EVERYTHING = { lo: Buffer.alloc(0), hi: Buffer.alloc(16, 0xff) };

/** Adds `count` finished jobs, numbered from `from`, modelled on the only finished one of the file. */
export async function seedFinished(file, { count, from }) {
  const data = await openDataFile(file);
  try {
    const store = openStore(data.driver);
    const model = modelOf(store);
    for (let at = 0; at < count; at += JOBS_PER_COMMIT) {
      data.driver.exec("BEGIN");
      const ts = store.clock.next();
      const tx = new Transaction(store, ts);
      for (let i = at; i < Math.min(at + JOBS_PER_COMMIT, count); i++) addJob(tx, model, from + i);
      tx.keep();
      store.clock.persist(ts);
      data.driver.exec("COMMIT");
    }
  } finally {
    data.close();
  }
}

function modelOf(store) {
  const job = first(store, "jobs", ({ status }) => status === "complete");
  const ofJob = (row) => row.job === job._id;
  return { job, attempt: first(store, "attempts", ofJob) };
}

function first(store, table, isIt) {
  const { number } = store.catalog.table(table).indexes.get("by_creation_time");
  const rows = store.rows.scan({ index: number, ...EVERYTHING }, "asc", 1_000);
  const found = rows.map(({ json }) => JSON.parse(json)).find(isIt);
  if (found === undefined) throw new Error(`no finished job among the first rows of ${table}`);
  return found;
}

function addJob(tx, { job, attempt }, number) {
  const id = tx.insert("jobs", { ...fieldsOf(job), number, settledAt: job.settledAt + number / 1_000 });
  const attemptRow = tx.insert("attempts", { ...fieldsOf(attempt), job: id });
  tx.patch(id, { attemptRow });
}

function fieldsOf(row) {
  const { _id, _creationTime, ...fields } = row;
  return fields;
}
