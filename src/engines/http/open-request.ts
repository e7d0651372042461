import { isSecret, openText, type OpenSecret } from '../../core/secret.ts';
import type { HttpRequest } from './http-client.ts';

/** A request in plain text, and which parts of it came out of the vault. */
export interface OpenRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string;
  signal: AbortSignal;
  /** In lower case. */
  secretHeaders: string[];
  hasSecretBody: boolean;
}

/** Opens what the request refers to, for this host (`host` or `host:port`). */
export async function openRequest({ use: by, ...request }: HttpRequest, host: string, secret: OpenSecret): Promise<OpenRequest> {
  const { method, url, signal, body } = request;
  const use = { ...by, host };
  const headers: Record<string, string> = {};
  const secretHeaders: string[] = [];
  for (const [name, value] of Object.entries(request.headers)) {
    headers[name] = await openText(value, secret, use);
    if (isSecret(value)) secretHeaders.push(name.toLowerCase());
  }
  const opened = body === undefined ? undefined : await openText(body, secret, use);
  return { method, url, headers, body: opened, signal, secretHeaders, hasSecretBody: isSecret(body) };
}
