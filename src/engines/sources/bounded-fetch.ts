/** Bytes of one response: as much as one line over standard streams may have, and room for a stream's events beside it. */
const mostBytes = 16 * 1_048_576;

/** `fetch`, whose responses end with an error where they grow too long: nobody else keeps a server from filling the memory. */
export async function boundedFetch(url: string | URL, init?: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  if (!response.body) return response;
  let left = mostBytes;
  const counted = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (piece, controller) => {
        left -= piece.length;
        if (left < 0) controller.error(new RangeError(`The response has more than ${mostBytes} bytes.`));
        else controller.enqueue(piece);
      },
    }),
  );
  const { status, statusText, headers } = response;
  // Of a redirect the SDK reads status and headers, and follows it itself.
  return new Response(counted, { status, statusText, headers });
}
