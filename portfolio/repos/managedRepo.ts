/** A managed repo: `path` is absolute; `build` and `test` are shell commands that override the language's own. */
export type ManagedRepo = {
  name: string;
  path: string;
  platform: string;
  remote: string;
  defaultBranch: string;
  language: string;
  tags: string[];
  description: string;
  build?: string;
  test?: string;
};
