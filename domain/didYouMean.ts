/**
 * The known word that was probably meant, or null when none is near enough to be a typing mistake.
 * Distance is Damerau's (insert, delete, replace, swap of neighbours), at most a third of the word's length.
 */
export function didYouMean(word: string, known: readonly string[]): string | null {
  const typed = word.toLowerCase();
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(typed.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(typed, candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** ` (did you mean "x"?)` to hang behind a message, or nothing. */
export function meantHint(word: string, known: readonly string[]): string {
  const meant = didYouMean(word, known);
  return meant === null ? "" : ` (did you mean "${meant}"?)`;
}

function editDistance(a: string, b: string): number {
  let older: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) row.push(cheapest({ a, b, i, j }, [older, last, row]));
    [older, last] = [last, row];
  }
  return last[b.length] ?? 0;
}

interface Cell {
  a: string;
  b: string;
  i: number;
  j: number;
}

function cheapest({ a, b, i, j }: Cell, [older, last, row]: [number[], number[], number[]]): number {
  const same = a[i - 1] === b[j - 1];
  const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
  return Math.min(
    at(last, j) + 1,
    at(row, j - 1) + 1,
    at(last, j - 1) + (same ? 0 : 1),
    swapped ? at(older, j - 2) + 1 : Infinity,
  );
}

function at(row: number[], index: number): number {
  return row[index] ?? Infinity;
}
