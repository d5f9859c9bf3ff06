/**
 * Replaces every `{{name}}` for which there is a value; blanks inside the braces are fine. An empty value reads
 * "(none)", an unknown name stays as it is, and inserted text is never looked at again.
 */
export function fillPlaceholders(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{\{\s*([\w.-]+)\s*\}\}/g, (whole, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) return whole;
    return value.trim() === "" ? "(none)" : value;
  });
}
