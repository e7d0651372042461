import { isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument, type Document, type YAMLParseError } from 'yaml';

export type Path = (string | number)[];

export interface Position {
  line: number;
  col: number;
}

/** What makes a text no YAML of ours, and where. */
export class YamlFault extends Error {
  readonly at: Position;
  constructor(message: string, at: Position) {
    super(message);
    this.at = at;
  }
}

interface YamlText {
  /** A tree, with no more depth and no more places than are allowed. */
  value: unknown;
  /** Of the deepest part of the path that is there. */
  positionOf: (path: Path) => Position;
}

const deepest = 40;
const mostAliases = 50;
const start: Position = { line: 1, col: 1 };

/** Reads YAML that anybody may have written. Throws YamlFault and nothing else. */
export function readYaml(text: string): YamlText {
  const lines = new LineCounter();
  const document = parsed(text, lines);
  refuseDepth(document.contents, 0, lines);
  const positionOf = (path: Path): Position => nodePosition(document, path, lines) ?? start;
  const value = plain(document);
  refuseBadShape(value, [], positionOf);
  return { value, positionOf };
}

function parsed(text: string, lines: LineCounter): Document {
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const [error] = document.errors;
  if (error) throw new YamlFault(worded(error), lines.linePos(error.pos[0]));
  return document;
}

/** The parser's own words, except where they are for programmers. */
function worded({ code, message }: YAMLParseError): string {
  if (code === 'MULTIPLE_DOCS') return 'more than one document';
  return message.includes('call stack') ? 'nested too deeply' : message;
}

/** Before anything is unfolded. Keys that are collections are refused: making texts of them takes for ever. */
function refuseDepth(node: unknown, depth: number, lines: LineCounter): void {
  if (!isMap(node) && !isSeq(node)) return;
  const at = (found: unknown): Position => (isNode(found) && found.range ? lines.linePos(found.range[0]) : start);
  if (depth > deepest) throw new YamlFault('nested too deeply', at(node));
  for (const item of node.items) {
    if (isPair(item) && !isScalar(item.key)) throw new YamlFault('the name of a field is no text', at(item.key ?? node));
    refuseDepth(isPair(item) ? item.value : item, depth + 1, lines);
  }
}

function plain(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: mostAliases });
  } catch {
    throw new YamlFault('aliases that cannot be resolved, or multiply', start);
  }
}

/** Also what aliases make deep, or a circle of. */
function refuseBadShape(value: unknown, path: Path, positionOf: (path: Path) => Position): void {
  if (typeof value !== 'object' || value === null) return;
  if (path.length > deepest) throw new YamlFault('nested too deeply', positionOf(path));
  for (const [key, inner] of Object.entries(value)) {
    if (key === '__proto__') throw new YamlFault('__proto__ is no name for a field', positionOf(path));
    refuseBadShape(inner, [...path, Array.isArray(value) ? Number(key) : key], positionOf);
  }
}

function nodePosition(document: Document, path: Path, lines: LineCounter): Position | undefined {
  for (let depth = path.length; depth >= 0; depth -= 1) {
    const node = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
    if ((isMap(node) || isSeq(node) || isScalar(node)) && node.range) return lines.linePos(node.range[0]);
  }
  return undefined;
}
