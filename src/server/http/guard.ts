import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MiddlewareHandler } from 'hono';
import type { ErrorShape } from '../../core/errors.ts';
import { isAddressed, otherHosts } from './addressed.ts';
import { hasToken, holderOf, type Holder, type Tokens } from './bearer.ts';
import type { WrongTokens } from './limits.ts';
import { refusal } from './refusals.ts';

export type HttpEnv = {
  Bindings: { incoming: IncomingMessage; outgoing: ServerResponse };
  /** Whose token let the request in; on open paths nobody's. */
  Variables: { holder: Holder };
};

export interface GuardOptions {
  /** Host names under which this server may be addressed besides loopback. */
  hosts: string[];
  /** What they are now; undefined serves everyone as a client, only for fixtures on loopback. */
  tokens: Tokens | undefined;
  wrongTokens: WrongTokens;
  /** Paths that need no token. */
  open: string[];
  /** Paths where a model sits at the other end: the owner's token has no place there. */
  forClients: string[];
}

/**
 * Before anything else: whom was it sent to, which page sent it, who is it. A foreign Host or Origin is a page in somebody's
 * browser that reaches for this machine (DNS rebinding); the protocol asks for 403.
 */
export function guard({ hosts, tokens, wrongTokens, open, forClients }: GuardOptions): MiddlewareHandler<HttpEnv> {
  const isOurs = isAddressed(hosts);
  return async (c, next) => {
    const { incoming } = c.env;
    const origin = c.req.header('origin');
    const addressed = [c.req.header('host'), URL.parse(c.req.url)?.host, ...otherHosts(incoming)];
    const isFromHere = origin === undefined || isOurs(URL.parse(origin)?.host, incoming);
    if (!isFromHere || !addressed.every((host) => isOurs(host, incoming))) return refusal(403, foreign);
    const url = new URL(c.req.url);
    if ([...url.searchParams.keys()].some((key) => secretParameters.has(key.toLowerCase())) || hasToken(url, tokens))
      return refusal(400, inUrl);
    if (tokens === undefined || open.includes(c.req.path)) return next();
    const given = c.req.header('authorization');
    const holder = given === undefined ? undefined : holderOf(given, tokens);
    if (holder === 'owner' && forClients.includes(c.req.path)) return refusal(403, ownersOwn);
    if (holder !== undefined) {
      c.set('holder', holder);
      return next();
    }
    const waitSeconds = given === undefined ? undefined : wrongTokens.add(incoming.socket.remoteAddress ?? '');
    if (waitSeconds !== undefined) return refusal(429, tooOften, { 'Retry-After': String(waitSeconds) });
    return refusal(401, unknown, { 'WWW-Authenticate': 'Bearer' });
  };
}

const foreign: ErrorShape = {
  code: 'denied',
  message: 'This address is not served to that host or page.',
  hint: 'Use http://127.0.0.1 with the port of claw serve, or name the host in CLAW_ALLOWED_HOSTS.',
};
const unknown: ErrorShape = {
  code: 'denied',
  message: 'A bearer token is needed.',
  hint: 'Send the content of the file "token" in the data folder: Authorization: Bearer …',
};
const ownersOwn: ErrorShape = {
  code: 'denied',
  message: "The owner's token is not for MCP clients: what a model reads could then speak for the owner.",
  hint: 'Send the content of the file "token" in the data folder. Was the owner\'s in a client\'s settings? claw token rotate',
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
