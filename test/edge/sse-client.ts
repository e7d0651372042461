import type { RpcAnswer } from './answers.ts';

/** The receiving end of /sse: where to post, and what comes back. */
export interface SseStream extends AsyncDisposable {
  endpoint: string;
  answers: RpcAnswer[];
  /** Resolves when the server has ended the stream. */
  ended: Promise<void>;
}

export async function openSse(url: string, headers: Record<string, string>): Promise<SseStream> {
  const controller = new AbortController();
  const { body } = await fetch(`${url}/sse`, { headers, signal: controller.signal });
  const answers: RpcAnswer[] = [];
  const endpoint = Promise.withResolvers<string>();
  const take = (line: string): void => {
    if (line.startsWith('data: {')) answers.push(JSON.parse(line.slice(6)) as RpcAnswer);
    if (line.startsWith('data: /')) endpoint.resolve(`${url}${line.slice(6).trim()}`);
  };
  const read = async (): Promise<void> => {
    let rest = '';
    for await (const piece of body!) {
      const lines = (rest + Buffer.from(piece).toString('utf8')).split('\n');
      rest = lines.pop()!;
      lines.forEach(take);
    }
  };
  const ended = read().catch(() => {});
  return {
    endpoint: await endpoint.promise,
    answers,
    ended,
    [Symbol.asyncDispose]: async () => {
      controller.abort();
      await ended;
    },
  };
}
