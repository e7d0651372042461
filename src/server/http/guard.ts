import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MiddlewareHandler } from 'hono';
import type { ErrorShape } from '../../core/errors.ts';
import { isToken } from './bearer.ts';
import type { WrongTokens } from './limits.ts';
import { refusal } from './refusals.ts';

export type HttpEnv = { Bindings: { incoming: IncomingMessage; outgoing: ServerResponse } };

const loopback = new Set(['127.0.0.1', 'localhost', '[::1]', '::1']);
export const isLoopback = (host: string): boolean => loopback.has(host);

export interface GuardOptions {
  /** Host names under which this server may be addressed besides loopback. */
  hosts: string[];
  /** What it is now; undefined serves everyone, only for fixtures on loopback. Throws where the file is unusable. */
  token: (() => string) | undefined;
  wrongTokens: WrongTokens;
  /** Paths that need no token. */
  open: string[];
}

/**
 * Before anything else: whom was it sent to, which page sent it, who is it. A foreign Host or Origin is a page in somebody's
 * browser that reaches for this machine (DNS rebinding); the protocol asks for 403.
 */
export function guard({ hosts, token, wrongTokens, open }: GuardOptions): MiddlewareHandler<HttpEnv> {
  const known = new Set([...loopback, ...hosts]);
  const isKnown = (host: string | undefined): boolean => host !== undefined && known.has(hostname(host) ?? '');
  return async (c, next) => {
    const origin = c.req.header('origin');
    const addressed = [c.req.header('host'), URL.parse(c.req.url)?.host, ...otherHosts(c.env.incoming)];
    if (!addressed.every(isKnown) || (origin !== undefined && !isKnown(URL.parse(origin)?.host))) return refusal(403, foreign);
    if ([...new URL(c.req.url).searchParams.keys()].some((key) => secretParameters.has(key.toLowerCase()))) return refusal(400, inUrl);
    if (token === undefined || open.includes(c.req.path)) return next();
    const given = c.req.header('authorization');
    if (given !== undefined && isToken(given, token())) return next();
    const waitSeconds = given === undefined ? undefined : wrongTokens.add(c.env.incoming.socket.remoteAddress ?? '');
    if (waitSeconds !== undefined) return refusal(429, tooOften, { 'Retry-After': String(waitSeconds) });
    return refusal(401, unknown, { 'WWW-Authenticate': 'Bearer' });
  };
}

const foreign: ErrorShape = {
  code: 'denied',
  message: 'This address is not served to that host or page.',
  hint: 'Use http://127.0.0.1 with the port of claw serve.',
};
const unknown: ErrorShape = {
  code: 'denied',
  message: 'A bearer token is needed.',
  hint: 'Send the content of the file "token" in the data folder: Authorization: Bearer …',
};
const tooOften: ErrorShape = {
  code: 'unavailable',
  message: 'Too many wrong tokens came from this address.',
  hint: 'Read the file "token" in the data folder again; the right one is let in at once.',
};
const inUrl: ErrorShape = {
  code: 'invalid_input',
  message: 'A token has no place in a URL, where logs and histories keep it.',
  hint: 'Send it as a header: Authorization: Bearer … — and replace the one that was in the URL: claw token rotate',
};

const secretParameters = new Set([
  'token',
  'access_token',
  'auth_token',
  'bearer',
  'authorization',
  'auth',
  'api_key',
  'apikey',
  'key',
  'secret',
]);

/** Node keeps the first of several Host headers and hides the others. */
function otherHosts({ rawHeaders }: IncomingMessage): string[] {
  return rawHeaders.filter((_value, index) => index % 2 === 1 && rawHeaders[index - 1]!.toLowerCase() === 'host').slice(1);
}

/** Without the port; undefined where it is none. */
const hostname = (host: string): string | undefined => /^(\[[0-9a-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i.exec(host)?.[1]?.toLowerCase();
