/** What someone wrote, short enough for an error. */
export const shown = (text: string, most = 60): string => (text.length > most ? `${text.slice(0, most)}…` : text);
