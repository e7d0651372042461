import type { Agent, Dispatcher } from 'undici';
import { systemCode, ToolError } from '../../core/errors.ts';
import type { OpenSecret, SecretText, SecretUse } from '../../core/secret.ts';
import type { Address, AddressGuard } from './address-guard.ts';
import { openRequest, type OpenRequest } from './open-request.ts';

export interface HttpRequest {
  method: string;
  url: string;
  /** Secrets are opened for the host of `url`, and go to no other. */
  headers: Record<string, SecretText>;
  body?: SecretText;
  signal: AbortSignal;
  use: SecretUse;
  /** Asked before a redirect is followed; what it throws ends the request. */
  mayFollow?: (next: { url: string; method: string }) => void;
}

export interface HttpResponse {
  status: number;
  /** After redirects. */
  url: string;
  redirects: number;
  contentType: string;
  headers: Record<string, string>;
  body: string;
  /** Bytes read; `truncated` where there were more than 1 MiB. */
  bytes: number;
  truncated: boolean;
}

/** HTTP to the public internet and to what the owner allows, never to private addresses otherwise. */
export interface HttpClient {
  request(request: HttpRequest): Promise<HttpResponse>;
}

const mostBytes = 1_048_576;
const mostRedirects = 5;
const shownHeaders = [
  'content-type',
  'content-length',
  'date',
  'etag',
  'last-modified',
  'location',
  'server',
  'retry-after',
  'www-authenticate',
  'x-ratelimit-remaining',
];
/** Not carried to another origin (RFC 9110, 15.4). */
const credentials = ['authorization', 'cookie', 'proxy-authorization', 'x-api-key'];

export function createHttpClient({ allow, secret }: { allow: string[]; secret: OpenSecret }): HttpClient {
  let guard: AddressGuard | undefined;
  return {
    request: async (asked) => {
      guard ??= (await import('./address-guard.ts')).createAddressGuard(allow);
      let request: OpenRequest | undefined;
      for (let redirects = 0; redirects <= mostRedirects; redirects += 1) {
        const url = parse(request?.url ?? asked.url);
        const addresses = await guard.resolve(url.hostname, portOf(url));
        // Only for an address that may be reached, and only for the first.
        request ??= await openRequest(asked, url.host, secret);
        const answer = await once(request, { url, addresses });
        const next = redirected(request, { url, answer });
        if (!next) return { ...answer, url: url.href, redirects };
        asked.mayFollow?.(next);
        request = next;
      }
      throw new ToolError('failed', `More than ${mostRedirects} redirects.`, { hint: 'Ask for the final address directly.' });
    },
  };
}

const portOf = (url: URL): number => Number(url.port || (url.protocol === 'https:' ? 443 : 80));

function parse(text: string): URL {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol))
    throw new ToolError('invalid_input', 'The url is not an http or https address.', {
      hint: 'Write it in full, as https://example.com/path.',
    });
  if (url.username || url.password)
    throw new ToolError('invalid_input', 'Credentials do not belong into a url.', { hint: 'Pass an authorization header.' });
  return url;
}

type Answer = Omit<HttpResponse, 'url' | 'redirects'>;

async function once(request: OpenRequest, { url, addresses }: { url: URL; addresses: Address[] }): Promise<Answer> {
  const { Agent, request: send } = await import('undici');
  const agent: Agent = new Agent({ connect: { lookup: pinned(addresses), timeout: 10_000 }, pipelining: 0 });
  try {
    const { method, headers, body, signal } = request;
    const response = await send(url, { method: method, headers, body, signal, dispatcher: agent });
    return await read(response);
  } catch (error) {
    throw explained(error, url);
  } finally {
    void agent.destroy();
  }
}

/** A `dns.lookup` that knows only the addresses that were checked. */
const pinned =
  (addresses: Address[]) =>
  (_hostname: string, options: { all?: boolean }, done: (error: null, address: Address[] | string, family?: number) => void): void => {
    if (options.all) done(null, addresses);
    else done(null, addresses[0]!.address, addresses[0]!.family);
  };

async function read({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<Answer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > mostBytes) break;
  }
  const contentType = String(headers['content-type'] ?? '');
  const whole = Buffer.concat(chunks).subarray(0, mostBytes);
  const kept = shownHeaders.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]]));
  return {
    status: statusCode,
    contentType,
    headers: Object.fromEntries(kept) as Record<string, string>,
    body: isText(contentType, whole) ? whole.toString('utf8') : `[${whole.length} bytes of ${contentType || 'binary data'}]`,
    bytes: whole.length,
    truncated: bytes > mostBytes,
  };
}

const isText = (contentType: string, body: Buffer): boolean =>
  /^text\/|json|xml|javascript|yaml|urlencoded|^$/.test(contentType) && !body.subarray(0, 1_024).includes(0);

function redirected(request: OpenRequest, { url, answer }: { url: URL; answer: Answer }): OpenRequest | undefined {
  const target = answer.headers.location;
  if (![301, 302, 303, 307, 308].includes(answer.status) || target === undefined) return undefined;
  const next = URL.parse(target, url.href);
  if (!next) return undefined;
  const keepsMethod = answer.status >= 307 || /^(GET|HEAD)$/.test(request.method);
  const isForeign = next.origin !== url.origin;
  if (isForeign && keepsMethod && request.hasSecretBody)
    throw new ToolError('denied', `${url.host} redirects to another origin, and the body holds a secret.`, {
      hint: 'Ask the final address directly, if it is to have the secret.',
    });
  const dropped = [
    ...(isForeign ? [...credentials, ...request.secretHeaders] : []),
    ...(keepsMethod ? [] : ['content-type', 'content-length']),
  ];
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !dropped.includes(name.toLowerCase())));
  return { ...request, url: next.href, headers, ...(!keepsMethod && { method: 'GET', body: undefined }) };
}

function explained(error: unknown, url: URL): unknown {
  if (error instanceof ToolError || (error instanceof Error && error.name === 'AbortError')) return error;
  const reasons: Record<string, string> = {
    ECONNREFUSED: 'refused the connection',
    ECONNRESET: 'cut the connection',
    UND_ERR_CONNECT_TIMEOUT: 'did not answer in 10 s',
    UND_ERR_SOCKET: 'cut the connection',
    EHOSTUNREACH: 'cannot be reached',
    ENETUNREACH: 'cannot be reached: no network',
    DEPTH_ZERO_SELF_SIGNED_CERT: 'has a self-signed certificate',
    CERT_HAS_EXPIRED: 'has an expired certificate',
  };
  const reason = reasons[systemCode(error)] ?? `cannot be asked (${systemCode(error) || 'bad request'})`;
  return new ToolError('unavailable', `${url.host} ${reason}.`, { hint: 'Check the address, and whether the service runs.', cause: error });
}
