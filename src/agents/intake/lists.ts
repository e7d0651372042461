const numbered = /(?<=^|\n|[\s,;.:])\(?(\d{1,2})[.)]\s+(?=[A-Za-z"`'])/g;
const bullet = /(?:^|\n)[ \t]*(?:[-*•–]|\[[ x]?\])\s+/g;
const ordinal =
  /(?:^|[,;.]?\s+)(?:and\s+)?(?:first(?:ly)?|second(?:ly)?|third(?:ly)?|fourth(?:ly)?|fifth(?:ly)?|last(?:ly)?)[,:]?\s+(?=[a-z])/gi;

/**
 * A list as plain sentences. Numbers and "first … second …" say in which order; bullets only that there are several. A request that is
 * no list stays as it is.
 */
export function withoutMarkers(request: string): string {
  const steps = [...request.matchAll(numbered)].map(([, number]) => Number(number));
  if (steps.length > 1 && steps.every((step, index) => step === index + 1)) return inOrder(request, numbered);
  if (/^\s*first(?:ly)?\b/i.test(request) && /\b(?:second|then|third|last)(?:ly)?\b/i.test(request)) return inOrder(request, ordinal);
  if ([...request.matchAll(bullet)].length > 1) return request.replace(bullet, '\n').trim();
  return request;
}

/** What stands before the first marker, such as "do this:", asks for nothing. */
function inOrder(request: string, marker: RegExp): string {
  const items = request.split(new RegExp(marker.source.replace('(\\d{1,2})', '\\d{1,2}'), marker.flags));
  const wishes = items.map((item) => item.trim().replace(/[,;]$/, '')).filter((item) => item !== '' && !item.endsWith(':'));
  return wishes.join('\nthen ');
}
