/** Callers, states, kinds, nouns and verbs that results and the journal are made of. */
const words = `owner agent cron workflow watcher skill hook queued running waiting done unverified failed unknown stopped declined
  skipped planner executor verifier intake undo read write destructive create update delete send overwrite append approve approved
  deny denied expired used asked started refused verified allow file folder memory machine shell http_request approval audit
  status_show tool_search tool_call remember recall forget restore list show search move copy edit remove answer wait stop
  created updated merged fact preference project_context conversation_summary true false null undefined input output default
  items name text title body path summary status secret`.split(/\s+/);

/** Taken out of every result, one of our own words would leave nothing that works; whoever stored it could do that on purpose. */
export const isOwnWord = (secret: string): boolean => words.some((word) => word.includes(secret.toLowerCase()));
