/** What a sentence names, in order of appearance. */
export interface Entities {
  urls: string[];
  paths: string[];
  /** Behind "to", "into" or "as". */
  destination: string | undefined;
  patterns: string[];
  ids: string[];
  quoted: string[];
  numbers: number[];
  durationMs: number | undefined;
  command: string | undefined;
}

const url = /\bhttps?:\/\/[^\s"'`<>]*[^\s"'`<>.,;:!?)]/gi;
const bareHost =
  /(?<![@\w./-])((?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|de|eu|uk|us|ch|at|fr|info|app|ai|gov|edu|lan|local)(?::\d+)?(?:\/[^\s"'`,;]*)?)(?![\w-])/gi;
const absolute = /(?<![\w:/])(?:~|\.{1,2})?\/[^\s"'`,;:]*[^\s"'`,;:.!?)]|(?<![\w:/])(?:~|\/)(?=[\s,;.!?]|$)/g;
const named =
  /(?<![\w/@*])[\w-]+(?:\.[\w-]+)*\.(?:txt|md|log|json|jsonl|ya?ml|conf|cfg|ini|toml|env|csv|tsv|pdf|sh|bash|py|ts|js|mjs|html?|css|xml|sql|db|tar|tgz|gz|zip|bak|old|orig|jpe?g|png|svg|service|lock|go|rs|c|h)(?![\w])/gi;
const id = /\b(?:run|apr|mem|call|bak|job|fgt)_[a-z0-9]{4,}\b/g;
const quotes = /"([^"]*)"|“([^”]*)”|`([^`]*)`|(?<!\w)'((?:[^'\n]|(?<=\w)'(?=\w))*)'(?!\w)/g;
const duration = /\b(\d+(?:\.\d+)?)\s*(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?)\b/gi;
const unitMs: Record<string, number> = { ms: 1, mi: 60_000, m: 60_000, s: 1_000, h: 3_600_000, d: 86_400_000 };

export function extract(text: string): Entities {
  const quoted = [...text.matchAll(quotes)].map((match) => match.slice(1).find((group) => group !== undefined) ?? '');
  const urls = [
    ...found(text, url),
    ...found(text.replace(url, ' '), bareHost)
      .filter((host) => !namedFile(host))
      .map((host) => `https://${host}`),
  ];
  const withoutUrls = text.replace(url, ' ');
  const folder = /\b(?:in|inside|under|from)\s+(?:the\s+)?(?:folder\s+|directory\s+)?((?:~|\.{0,2})\/[^\s"'`,;:]*[^\s"'`,;:.!?/)])/i.exec(
    withoutUrls,
  )?.[1];
  const placed = inFolder(folder, withoutUrls);
  const paths = ordered(withoutUrls, [absolute, relative, named])
    .map(placed)
    .filter((path) => !urls.some((one) => one.endsWith(path)) && !/[*?]/.test(path));
  return {
    urls,
    paths: [...new Set(paths)].filter((path) => !(path === folder && paths.some((other) => other.startsWith(`${folder}/`)))),
    destination: placedDestination(
      destinationOf(withoutPlace(withoutUrls, folder), ordered(withoutUrls, [absolute, relative, named])),
      placed,
    ),
    patterns: patternsOf(text),
    ids: found(text, id),
    quoted,
    numbers: found(text.replace(url, ' ').replace(id, ' ').replace(absolute, ' '), /(?<![\w.])\d+(?:\.\d+)?(?![\w.]*\w)/g).map(Number),
    durationMs: durationOf(text),
    command: commandOf(text),
  };
}

/** "notes.txt in /srv/data" is /srv/data/notes.txt; the folder alone is not meant then. */
function inFolder(folder: string | undefined, text: string): (path: string) => string {
  return (path) => (folder === undefined || !namesRelative(text) || /^[/~.]/.test(path) ? path : `${folder}/${path}`);
}

/** Where the text names files in a folder, the folder is their place and nothing else. */
const withoutPlace = (text: string, folder: string | undefined): string =>
  folder !== undefined && namesRelative(text) ? text.replace(folder, ' ') : text;

const namesRelative = (text: string): boolean => [relative, named].some((pattern) => text.search(pattern) !== -1);

const placedDestination = (destination: string | undefined, placed: (path: string) => string): string | undefined =>
  destination === undefined ? undefined : placed(destination);

/** A relative path with a folder in it, as photos/cat.jpg or logs/. */
const relative = /(?<![\w:/.~*@-])[\w.-]+(?:\/[\w.-]+)*\/(?:[\w-]+(?:\.[\w-]+)*\.\w{1,5}(?![\w])|(?=[\s,;!?]|$))/g;

const found = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map((match) => match[1] ?? match[0]);
const namedFile = (text: string): boolean => new RegExp(`^(?:${named.source})$`, 'i').test(text);

function ordered(text: string, patterns: RegExp[]): string[] {
  const all = patterns.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => ({ at: match.index, text: match[0] })));
  const kept = all.filter(
    (one) =>
      !all.some(
        (other) =>
          other !== one &&
          other.at <= one.at &&
          one.at + one.text.length <= other.at + other.text.length &&
          other.text.length > one.text.length,
      ),
  );
  return kept.toSorted((a, b) => a.at - b.at).map((one) => one.text);
}

function destinationOf(text: string, paths: string[]): string | undefined {
  const behind =
    /\b(?:to|into|in|as|under|called|named)\s+(?:the\s+)?(?:(?:file|folder|directory|new\s+file)\s+)?(?:called\s+|named\s+)?["'`]?([^\s"'`,;]+)["'`]?/gi;
  const candidates = [...text.matchAll(behind)].map((match) => match[1]!.replace(/[.!?]$/, ''));
  const known = candidates.filter((one) => paths.some((path) => path === one || path === match(one)));
  if (known.length > 0) return known.at(-1);
  return paths.length > 0
    ? candidates.find(
        (one) => /^[\w./~-]+$/.test(one) && !/^(the|a|an|it|this|that|my|disk|memory|there|here|them|place|order)$/i.test(one),
      )
    : undefined;
}

const match = (text: string): string => text.replace(/[.!?,]+$/, '');

function patternsOf(text: string): string[] {
  const stars = found(text, /(?<![\w/])((?:\*\*\/)?[\w.-]*\*[\w.*-]*)/g).filter((one) => one !== '*');
  if (stars.length > 0) return stars.map((one) => (isDeep(text) && !one.startsWith('**/') ? `**/${one}` : one));
  const ending =
    /\b(?:all|every|any|the)?\s*\.?(txt|md|log|json|ya?ml|conf|csv|pdf|sh|py|ts|js|html|xml|zip|jpe?g|png|markdown)\s+files?\b|\bfiles?\s+(?:ending\s+(?:in|with)|with\s+(?:the\s+)?extension)\s+\.?(\w+)/i.exec(
      text,
    );
  const extension = ending?.[1] ?? ending?.[2];
  if (extension === undefined) return [];
  const name = `*.${extension.toLowerCase() === 'markdown' ? 'md' : extension.toLowerCase()}`;
  return [isDeep(text) ? `**/${name}` : name];
}

const isDeep = (text: string): boolean => /\b(?:under|below|recursive(?:ly)?|everywhere|anywhere|sub-?folders|every)\b/i.test(text);

function durationOf(text: string): number | undefined {
  const matches = [...text.matchAll(duration)];
  if (matches.length === 0) return undefined;
  return Math.round(matches.reduce((sum, [, amount, unit]) => sum + Number(amount) * unitMs[unitKey(unit!.toLowerCase())]!, 0));
}

const unitKey = (unit: string): string =>
  unit.startsWith('mil') || unit === 'ms' ? 'ms' : unit.startsWith('mi') || unit === 'm' ? 'm' : unit[0]!;

const runVerb = /\b(?:run|execute|exec|start|call|type|invoke)\s+(?:the\s+)?(?:shell\s+)?(?:command|program|script)?\s*:?\s*/i;

/** A program with nothing but flags and paths behind it: df -h, ls -la /tmp. */
const bareCommand = /^[a-z][\w.-]*(?=.*\s-)(?:\s+(?:-{1,2}[\w-]+(?:=\S+)?|[~.]{0,2}\/\S*))+$/;

/** Commands of systemd and Docker that nobody means otherwise. */
const plainCommand =
  /^(?:systemctl\s+[a-z-]+(?:\s+[\w@.-]+)?|docker\s+(?:ps|images|info|version|(?:logs|restart|start|stop|inspect)\s+[\w.-]+)|lsblk)$/;

/** "restart it with systemctl restart nginx". */
const behindWith = /\b(?:with|using|via)\s+((?:systemctl|docker|service|apt|git|npm)\s+[a-z-]+(?:\s+[\w@.-]+)?)\s*[.!]?$/i;

/** In backticks or quotes, or the words after "run". */
function commandOf(text: string): string | undefined {
  const tick = /`([^`]+)`/.exec(text)?.[1];
  if (tick !== undefined) return tick;
  const verb = runVerb.exec(text);
  const quoted = /"([^"]+)"|'([^']+)'/.exec(verb ? text.slice(verb.index) : text);
  if (verb && quoted && quoted.index < verb[0].length + 12) return quoted[1] ?? quoted[2];
  const named = behindWith.exec(text)?.[1];
  if (named !== undefined) return named;
  if (plainCommand.test(text.trim()) || (!verb && bareCommand.test(text.trim()))) return text.trim();
  if (!verb) return undefined;
  const rest = text
    .slice(verb.index + verb[0].length)
    .replace(/\s*(?:,|\band\b|\bthen\b)\s[^]*$/i, '')
    .replace(/[.!?]+$/, '')
    .replace(/\s+(?:in|on|with|using)\s+(?:a|the|this|my)\s+(?:shell|terminal|machine|server|host|box|computer)\s*$/i, '');
  return /^[a-z0-9_./~-]+(?:\s|$)/i.test(rest) &&
    !/^(?:[a-z]{1,4}_\w*\d\w*$|workflow|job|tool|skill|agent|timer|the|a|an|it|this|that|my|all|every)\b/i.test(rest)
    ? rest.trim()
    : undefined;
}
