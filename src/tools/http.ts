import { z } from 'zod';
import { ToolError } from '../core/errors.ts';
import { isSecret, secretText, useBy, type SecretText } from '../core/secret.ts';
import { defineTool, type ToolContext } from '../core/tool.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
const safe = new Set<string>(['GET', 'HEAD', 'OPTIONS']);

const secretHint = 'A value may be {"$secret":name,"prefix"?:"Bearer "}';

const usesSecret = (headers: Record<string, SecretText>, body?: SecretText): boolean => [...Object.values(headers), body].some(isSecret);

interface Request {
  url: string;
  method: string;
}

/** What the policy says of an address holds for a redirect to it as well: nobody was asked about any but the first. */
function followed({ policy, caller }: ToolContext, first: Request): (next: Request) => void {
  const judged = ({ url, method }: Request) => policy.test(caller, 'http_request', { url, method });
  return (next) => {
    const { verdict, decidedBy, reason } = judged(next);
    const isFirstOrigin = URL.parse(next.url)?.origin === URL.parse(first.url)?.origin;
    if (verdict === 'allow' || (verdict === 'ask' && isFirstOrigin && judged(first).decidedBy === decidedBy)) return;
    throw new ToolError('denied', `It redirects to an address for which the policy says ${verdict}: ${reason}`, {
      hint: 'Ask for the final address directly, if it is meant.',
    });
  };
}

export const httpRequest = defineTool({
  name: 'http_request',
  title: 'Make an HTTP request',
  description: 'Fetch a web page or call an HTTP API. Private addresses only if the owner allowed them.',
  input: z.object({
    url: z.string().max(8_000),
    method: z.enum(methods).default('GET'),
    headers: z.record(z.string(), secretText(100_000)).default({}).describe(secretHint),
    body: secretText(1_000_000).optional(),
    timeoutMs: z.number().int().min(1).max(300_000).default(20_000),
  }),
  output: z.object({
    ok: z.boolean().describe('Status 200 to 299'),
    status: z.number(),
    url: z.string().describe('After redirects'),
    redirects: z.number(),
    contentType: z.string(),
    headers: z.record(z.string(), z.string()),
    body: z.string(),
    bytes: z.number(),
    truncated: z.boolean(),
    durationMs: z.number(),
  }),
  risk: ({ method }) => (safe.has(method) ? 'read' : method === 'DELETE' ? 'destructive' : 'write'),
  // A query string can carry data away as well as a body can.
  effects: ({ headers, body }) => ({ readsUntrusted: true, sends: true, readsPrivate: usesSecret(headers, body) }),
  tellsReads: true,
  openWorld: true,
  dataFields: ['body'],
  timeoutMs: ({ timeoutMs }) => timeoutMs,
  slots: { url: 'url', body: 'payload' },
  words: { method: { POST: ['post'], PUT: ['put'], DELETE: ['delete'], HEAD: ['head', 'headers'] } },
  examples: [
    'fetch https://example.com',
    'get https://example.com/status.json',
    'is https://example.com up',
    'is the service on http://nas.lan:5000 up',
    'check whether http://nas.lan:5000 answers',
    'download the page https://example.com/index.html',
    'what does https://api.example.com/v1/health return',
    'call the API at https://api.example.com/users',
    'post to https://example.com/hook: {"text":"hi"}',
    'send a request to http://example.com',
    'open the url https://example.com and show it',
    'which status code does https://example.com give',
    'load the website https://example.com',
  ],
  run: async (ctx, { url, method, headers, body }) => {
    const started = performance.now();
    const mayFollow = followed(ctx, { url, method });
    const answer = await ctx.http.request({ url, method, headers, body, signal: ctx.signal, use: useBy('http_request', ctx), mayFollow });
    const isTrusted = [url, answer.url].every((address) => ctx.origins.trusts({ url: address }));
    ctx.touched({ readsUntrusted: !isTrusted, readsPrivate: usesSecret(headers, body) });
    return { ok: answer.status >= 200 && answer.status < 300, ...answer, durationMs: Math.round(performance.now() - started) };
  },
  verify: (_ctx, { method }, { ok, status }) =>
    safe.has(method) ? [] : [{ check: 'the server said that it was done', ok, found: `status ${status}` }],
  dryRun: (_ctx, { method, url, body }) =>
    safe.has(method) ? [] : [{ action: 'send', target: `${method} ${url}`, after: isSecret(body) ? JSON.stringify(body) : body }],
  content: ({ ok, status, body, truncated, contentType, bytes }) => {
    if (!ok) {
      throw new ToolError('failed', `The server answered ${status}: that is an error, not the page.`, {
        hint: 'Check the address, and whether the server is well.',
      });
    }
    if (!truncated && !body.startsWith(`[${bytes} bytes of `)) return body;
    throw new ToolError('too_large', `The answer (${contentType}, over ${bytes} bytes) is not text that was read whole.`, {
      hint: 'Save it with shell_run and curl -o.',
    });
  },
  summary: ({ status, url, contentType, bytes, durationMs, body }) =>
    `${url} answered ${status} (${contentType}, ${bytes} bytes, ${durationMs} ms).\n${body.slice(0, 1_000)}`,
});
