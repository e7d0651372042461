import { ToolError } from './errors.ts';
import { localTimezone, mustBeTimezone } from './wall-time.ts';

const named = /(?:,? in|,|\s)? ?\(?\b(UTC|GMT|[A-Z][A-Za-z_]+(?:\/[A-Z][\w+-]*){1,2})\)?(?= |$)/;
const ofCity = /(?:,? in|,)? \(?((?:[A-Z][a-z]+ ){1,3})time\)?(?= |$)/;

/** The timezone that a schedule names, by its IANA name or after a city: "weekdays at 8:30 Europe/Berlin", "daily at 9 Berlin time". */
export function timezoneIn(text: string): string | undefined {
  return named.exec(text)?.[1] ?? zoneOfCity(text);
}

/** The schedule without it. */
export function withoutTimezone(text: string): string {
  const pattern = named.test(text) ? named : zoneOfCity(text) === undefined ? undefined : ofCity;
  return (pattern ? text.replace(pattern, '') : text).trim();
}

function zoneOfCity(text: string): string | undefined {
  const city = ofCity.exec(text)?.[1]?.trim().replaceAll(' ', '_');
  return city && Intl.supportedValuesOf('timeZone').find((zone) => zone.endsWith(`/${city}`));
}

/** The timezone that is given, or else the one that the schedule names, or else this machine's. Throws `invalid_input`. */
export function timezoneFor({ schedule, timezone }: { schedule: string; timezone?: string | undefined }): string {
  const said = timezoneIn(schedule);
  if (timezone !== undefined) mustBeTimezone(timezone);
  if (said !== undefined) mustBeTimezone(said);
  if (timezone === undefined || said === undefined || said === timezone) return timezone ?? said ?? localTimezone();
  throw new ToolError('invalid_input', 'timezone: the schedule names another.', { hint: 'Name it in one of them.' });
}
