const [quote, backslash, comma, colon, open, close, openList, closeList] = Buffer.from('"\\,:{}[]');

/** A member of the message longer than this is not kept: an id is shorter (`longestId`), escapes included. */
const longestToken = 8_192;

/**
 * Reads a JSON text byte by byte in constant memory: how deep it nests, and the `id` of the message, so that one which is
 * too long or too deep to be parsed can still be answered to whoever asked. It does not say whether the text is JSON.
 */
export interface MessageScan {
  push(bytes: Uint8Array): void;
  /** The deepest nesting so far. */
  readonly depth: number;
  /** The value of the last top-level member `id`; undefined where there is none, or no `method`: answers are not answered. */
  requestId(): unknown;
}

export function scanMessage(): MessageScan {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  let isEscaped = false;
  let token: number[] = [];
  let key = '';
  let idText = '';
  let hasMethod = false;
  const taken = (): string => {
    const text = Buffer.from(token).toString('utf8');
    token = [];
    return text;
  };
  const endMember = (): void => {
    const value = taken();
    const name = valueOf(key);
    if (name === 'id') idText = value;
    if (name === 'method') hasMethod = true;
    key = '';
  };
  const structure = (byte: number): void => {
    if (byte === open || byte === openList) deepest = Math.max(deepest, (depth += 1));
    else if (byte === close || byte === closeList) {
      if (depth === 1) endMember();
      depth -= 1;
    } else if (depth === 1 && byte === colon) key = taken();
    else if (depth === 1 && byte === comma) endMember();
    else if (depth === 1) keep(byte);
  };
  const keep = (byte: number): void => {
    if (token.length < longestToken) token.push(byte);
  };
  return {
    push: (bytes) => {
      for (let at = 0; at < bytes.length; at += 1) {
        const byte = bytes[at]!;
        if (!inString && byte !== quote) {
          structure(byte);
          continue;
        }
        if (depth === 1) keep(byte);
        if (isEscaped) isEscaped = false;
        else if (inString && byte === backslash) isEscaped = true;
        else if (byte === quote) inString = !inString;
      }
    },
    get depth() {
      return deepest;
    },
    requestId: () => (hasMethod ? valueOf(idText) : undefined),
  };
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
