import { blanked } from './protect.ts';

const kinds = '(?:hosts?|servers?|machines?|boxe?s?|computers?|nodes?|group)';
const named = new RegExp(`\\b${kinds}\\s+(?:called\\s+|named\\s+)?([a-z0-9][\\w.-]*)`, 'gi');
const placed = new RegExp(`\\b(?:on|to|into|from|at|of)\\s+(?:all\\s+)?(?:the\\s+|my\\s+)?(?:${kinds}\\s+)?([a-z0-9][\\w.-]*)`, 'gi');
const notNames = new Set(
  'the a an this that these those it its my our your all each every any some there here here. them which what how when who is are was with for and or in on at of to by as via over ssh sudo root disk memory now today then first last me us host hosts server servers machine machines group remote localhost'.split(
    ' ',
  ),
);

/** A machine by its alias: "the host nas", "on nas". */
export function targetIn(part: string): string | undefined {
  const text = blanked(part);
  const found = [named, placed].flatMap((pattern) => [...text.matchAll(pattern)].map(([, name]) => name!.replace(/[.]+$/, '')));
  return found.find((name) => !notNames.has(name.toLowerCase()) && /^[a-z]/i.test(name));
}
