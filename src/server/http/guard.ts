import type { MiddlewareHandler } from 'hono';
import type { ErrorShape } from '../../core/errors.ts';
import { isToken } from './token.ts';

const loopback = new Set(['127.0.0.1', 'localhost', '[::1]', '::1']);
export const isLoopback = (host: string): boolean => loopback.has(host);

export interface GuardOptions {
  /** Host names under which this server may be addressed besides loopback. */
  hosts: string[];
  /** Undefined serves everyone; only for fixtures on loopback. */
  token: string | undefined;
  /** Paths that need no token. */
  open: string[];
}

const refusal = (code: ErrorShape['code'], message: string, hint: string): { error: ErrorShape } => ({ error: { code, message, hint } });

/**
 * Before anything else: whom was it sent to, which page sent it, who is it. A foreign Host or Origin is a page in somebody's
 * browser that reaches for this machine (DNS rebinding); the protocol asks for 403.
 */
export function guard({ hosts, token, open }: GuardOptions): MiddlewareHandler {
  const known = new Set([...loopback, ...hosts]);
  return async (c, next) => {
    const host = hostname(c.req.header('host'));
    const origin = c.req.header('origin');
    const from = origin === undefined ? undefined : hostname(URL.parse(origin)?.host);
    if (host === undefined || !known.has(host) || (origin !== undefined && (from === undefined || !known.has(from)))) {
      return c.json(
        refusal('denied', 'This address is not served to that host or page.', 'Use http://127.0.0.1 with the port of claw serve.'),
        403,
      );
    }
    if (token !== undefined && !open.includes(c.req.path) && !isToken(c.req.header('authorization'), token)) {
      c.header('WWW-Authenticate', 'Bearer');
      return c.json(
        refusal('denied', 'A bearer token is needed.', 'Send the content of the file "token" in the data folder: Authorization: Bearer …'),
        401,
      );
    }
    return next();
  };
}

/** Without the port; undefined where it is none. */
const hostname = (host: string | undefined): string | undefined =>
  /^(\[[0-9a-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i.exec(host ?? '')?.[1]?.toLowerCase();
