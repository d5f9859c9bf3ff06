/**
 * The Markdown task lists: `### [task-001] Title`, then lines `- **key**: value`. Text around and below the tasks
 * belongs to the person who wrote it and is kept as it is.
 */
export type ListedTask = {
  id: string;
  title: string;
  /** Keys in lower case: repo, type, priority, assigned, description, branch, started, completed. */
  fields: Record<string, string>;
  /** The lines of the task, heading included. */
  block: string[];
  /** First line in the file, from 0, and the line after the last. */
  from: number;
  to: number;
};

const TASK = /^###[ \t]+\[([^\]\s]+)\][ \t]*(.*?)[ \t]*$/;
const ANY_HEADING = /^#{1,3}[ \t]/;
const FIELD = /^- \*\*([^*:]+)(?::\*\*|\*\*:)[ \t]*(.*?)[ \t]*$/;

/** The tasks of one list, in the order of the file. */
export function parseTaskList(text: string): ListedTask[] {
  const lines = text.split(/\r?\n/);
  const tasks: ListedTask[] = [];
  let open: ListedTask | undefined;
  const close = (end: number): void => {
    if (!open) return;
    open.to = end;
    open.block = lines.slice(open.from, end);
    while (open.block.at(-1)?.trim() === "") open.block.pop();
    open = undefined;
  };
  lines.forEach((line, index) => {
    const heading = TASK.exec(line);
    if (heading || ANY_HEADING.test(line)) close(index);
    if (heading) {
      open = { id: heading[1] ?? "", title: heading[2] ?? "", fields: {}, block: [], from: index, to: index };
      tasks.push(open);
    }
    const field = open && FIELD.exec(line);
    if (open && field) open.fields[(field[1] ?? "").trim().toLowerCase()] = field[2] ?? "";
  });
  close(lines.length);
  return tasks;
}

/** The list without one task; all other text stays. */
export function withoutTask(text: string, task: ListedTask): string {
  const lines = text.split("\n");
  return [...lines.slice(0, task.from), ...lines.slice(task.to)].join("\n");
}

/** The lines of a task with some fields set: one that is there is changed in place, a new one comes after the last field. */
export function withFields(task: ListedTask, values: Readonly<Record<string, string>>): string[] {
  const block = [...task.block];
  for (const [key, value] of Object.entries(values)) {
    const line = `- **${key}**: ${value}`;
    const at = block.findIndex((text) => FIELD.exec(text)?.[1]?.trim().toLowerCase() === key);
    const lastField = block.findLastIndex((text) => FIELD.test(text));
    if (at !== -1) block[at] = line;
    else block.splice((lastField === -1 ? 0 : lastField) + 1, 0, line);
  }
  return block;
}
