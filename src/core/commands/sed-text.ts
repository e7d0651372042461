/** What a sed script may do beyond editing the text that passes through it. */
type SedPower = 'edits' | 'acts';

const harmlessFile = /^\/dev\/(stdout|stderr)$/;

/**
 * Reads a script of GNU sed (its manual, 3 and 4) command by command. `acts` where it runs a command (`e`, `s///e`),
 * writes a file (`w`, `W`, `s///w`), or is not understood.
 */
export function sedPower(script: string): SedPower {
  const reader = new SedReader(script);
  while (reader.goesOn()) if (!reader.command()) return 'acts';
  return 'edits';
}

class SedReader {
  private at = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  goesOn(): boolean {
    this.skip(/[\s;{}]*/y);
    return this.at < this.text.length;
  }

  /** Reads one command with its addresses; whether it only edits. */
  command(): boolean {
    if (!this.address()) return false;
    const name = this.text[this.at++] ?? '';
    if (/[=dDgGhHnNpPxzF{}]/.test(name)) return true;
    if (/[lLqQ]/.test(name)) return this.skip(/[ \t]*\d*/y);
    if (/[#rR]/.test(name)) return this.skip(/[^\n]*/y);
    if (/[aic]/.test(name)) return this.skip(/(?:\\[^]|[^\\\n])*/y);
    if (/[:btTv]/.test(name)) return this.skip(/[^\n;]*/y);
    if (name === 'y') return this.parts(2);
    if (name === 's') return this.parts(2) && this.flags();
    return /[wW]/.test(name) && this.toHarmlessFile();
  }

  private address(): boolean {
    if (!this.place()) return false;
    this.skip(/[ \t]*/y);
    if (this.text[this.at] === ',') {
      this.at += 1;
      this.skip(/[ \t]*[+~]?/y);
      if (!this.place()) return false;
      this.skip(/[ \t]*/y);
    }
    return this.skip(/[!\s]*/y);
  }

  /** A line number, `$`, `/pattern/` or `\cpatternc`; none is fine too. */
  private place(): boolean {
    const first = this.text[this.at];
    if (first === '/' || first === '\\') {
      if (first === '\\') this.at += 1;
      return this.parts(1) && this.skip(/[IM]*/y);
    }
    return this.skip(/\$|\d+(~\d+)?|/y);
  }

  /** As many parts as `s` and `y` have, up to a delimiter that no backslash protects. */
  private parts(count: number): boolean {
    const delimiter = this.text[this.at++];
    if (delimiter === undefined || delimiter === '\n' || delimiter === '\\') return false;
    for (let left = count; left > 0; this.at += 1) {
      const here = this.text[this.at];
      if (here === undefined) return false;
      if (here === '\\') this.at += 1;
      else if (here === delimiter) left -= 1;
    }
    return true;
  }

  private flags(): boolean {
    this.skip(/[gpiImM\d]*/y);
    const flag = this.text[this.at] ?? '\n';
    if (flag !== 'w') return /[\s;}#]/.test(flag);
    this.at += 1;
    return this.toHarmlessFile();
  }

  private toHarmlessFile(): boolean {
    const from = this.at;
    this.skip(/[^\n]*/y);
    return harmlessFile.test(this.text.slice(from, this.at).trim());
  }

  /** Goes past what a sticky pattern finds here; always true, so that it can end a chain. */
  private skip(pattern: RegExp): true {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at += found[0].length;
    return true;
  }
}
