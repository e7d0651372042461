/** Something that can be asked for. */
export interface Route {
  name: string;
  title: string;
  description: string;
  /** Sentences that ask for it. */
  examples: string[];
}
