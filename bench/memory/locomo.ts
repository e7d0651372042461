/** One conversation of the published file: `session_N` holds turns, `session_N_date_time` "1:56 pm on 8 May, 2023". */
export interface LoCoMo {
  sample_id: string;
  qa: { question: string; evidence?: string[]; category: number }[];
  conversation: Record<string, unknown>;
}

export interface Turn {
  id: string;
  speaker: string;
  text: string;
  /** ms since 1970, of the session. */
  time: number;
}

export interface Conversation {
  name: string;
  turns: Turn[];
  questions: { text: string; evidence: string[] }[];
}

interface PublishedTurn {
  speaker: string;
  dia_id: string;
  text: string;
  blip_caption?: string;
}

/** Questions of category 5 (adversarial) and those without a turn as evidence are left out. */
export function conversationsIn(published: LoCoMo[]): Conversation[] {
  return published.map(({ sample_id: name, qa, conversation }) => {
    const sessions = Object.keys(conversation).filter((key) => /^session_\d+$/.test(key));
    const turns = sessions.flatMap((session) => {
      const time = timeOf(conversation[`${session}_date_time`] as string);
      return (conversation[session] as PublishedTurn[]).map(({ dia_id: id, speaker, text, blip_caption: caption }) => ({
        id,
        speaker,
        text: caption === undefined ? text : `${text} [${caption}]`,
        time,
      }));
    });
    const ids = new Set(turns.map(({ id }) => id));
    const questions = qa
      .filter(({ category }) => category !== 5)
      .map(({ question, evidence = [] }) => ({ text: question, evidence: evidenceIn(evidence, ids) }))
      .filter(({ evidence }) => evidence.length > 0);
    return { name, turns, questions };
  });
}

// Some entries name several turns in one string.
const evidenceIn = (evidence: string[], ids: Set<string>): string[] => [
  ...new Set(evidence.flatMap((entry) => entry.split(/[;,\s]+/)).filter((id) => ids.has(id))),
];

function timeOf(text: string): number {
  const [, hour, minute, half, day, month, year] = /(\d+):(\d+) (am|pm) on (\d+) (\w+), (\d+)/.exec(text)!;
  return Date.parse(`${day} ${month} ${year} ${hour}:${minute} ${half} UTC`);
}
