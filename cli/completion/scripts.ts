import type { CommandWords } from "./words.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** The completion script of a shell, to be evaluated or saved where the shell looks for it. */
export function completionScript(shell: Shell, commands: CommandWords[]): string {
  switch (shell) {
    case "bash":
      return bash(commands);
    case "zsh":
      return zsh(commands);
    case "fish":
      return fish(commands);
    default:
      return shell satisfies never;
  }
}

function bash(commands: CommandWords[]): string {
  const cases = commands.map(
    ({ name, words }) => `    ${name}) words="${words.map((w) => w.word).join(" ")}" ;;`,
  );
  return `# bash completion of drover: eval "$(drover completion bash)"
_drover() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" words
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map((c) => c.name).join(" ")}" -- "$cur"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
    *) words="" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _drover drover
`;
}

function zsh(commands: CommandWords[]): string {
  const entry = (word: string, summary: string) => quote(summary === "" ? word : `${word}:${summary}`);
  const names = commands.map(({ name, summary }) => `    ${entry(name, summary)}`);
  const cases = commands.map(({ name, words }) => {
    const items = words.map(({ word, summary }) => entry(word, summary));
    return `    ${name}) words=(${items.join(" ")}) ;;`;
  });
  return `#compdef drover
# zsh completion of drover: eval "$(drover completion zsh)"
_drover() {
  local -a words_of commands
  commands=(
${names.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local chosen="\${words[2]}"
  local -a words
  case "$chosen" in
${cases.join("\n")}
    *) words=() ;;
  esac
  words_of=("\${words[@]}")
  _describe option words_of || _files
}
compdef _drover drover
`;
}

function fish(commands: CommandWords[]): string {
  const names = commands.map(
    ({ name, summary }) => `complete -c drover -n __fish_use_subcommand -f -a ${name} -d ${quote(summary)}`,
  );
  const words = commands.flatMap(({ name, words: list }) =>
    list.map(({ word, summary }) => {
      const what = word.startsWith("--") ? `-l ${word.slice(2)}` : `-a ${word}`;
      return `complete -c drover -n '__fish_seen_subcommand_from ${name}' ${what}${summary === "" ? "" : ` -d ${quote(summary)}`}`;
    }),
  );
  return ["# fish completion of drover: drover completion fish | source", ...names, ...words, ""].join("\n");
}

/** Quotes for sh and fish alike: both take a text in single quotes as it is. */
function quote(text: string): string {
  return `'${text.replace(/[\\']/g, "")}'`;
}
