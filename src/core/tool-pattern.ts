/** `cron_list` is a tool, `cron_*` all of a noun, `*` every one. */
export const toolPattern = /^(?:\*|[a-z][a-z0-9]*(?:_[A-Za-z0-9_]+)*|[a-z][A-Za-z0-9_]*\*)$/;

/** Whether one of the patterns means the tool. */
export const meansTool = (patterns: string[], name: string): boolean =>
  patterns.some((pattern) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name));
