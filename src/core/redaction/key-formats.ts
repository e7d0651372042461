import type { Span } from './escapes.ts';

/** Keys that tell by their looks what they are, where the owner never said so. After the maker's words, or, where it has none, after gitleaks. */
const formats: RegExp[] = [
  // AWS access key ids: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html
  /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/,
  // GitHub: https://github.blog/changelog/2021-03-31-authentication-token-format-updates-are-generally-available/
  /\bgh[oprsu]_[A-Za-z0-9]{36,251}\b/,
  /\bgithub_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b/,
  // Anthropic: https://gitlab.com/gitlab-org/gitlab/-/issues/481547
  /\bsk-ant-[a-z]{3,8}\d{2}-[\w-]{40,200}/,
  // OpenAI: https://github.com/gitleaks/gitleaks/blob/master/cmd/generate/config/rules/openai.go
  /\bsk-(?:proj|svcacct|admin)-[\w-]{40,250}/,
  /\bsk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}\b/,
  // Slack: https://docs.slack.dev/authentication/tokens
  /\bxox[abeprs](?:\.xox[bp])?-[\w-]{20,250}/,
  /\bxapp-\d-[A-Z0-9]{8,16}-\d{8,16}-[a-f0-9]{32,128}\b/,
  // Telegram bots: https://core.telegram.org/bots/api#authorizing-your-bot
  /(?<!\d)\d{5,16}:A[\w-]{34}(?![\w-])/,
  // Google API keys: https://docs.cloud.google.com/docs/authentication/api-keys
  /\bAIza[\w-]{35}(?![\w-])/,
  // Stripe: https://docs.stripe.com/keys
  /\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,247}\b/,
  // Private keys in PEM: RFC 7468, 10 and 11; OpenSSH: https://cvsweb.openbsd.org/src/usr.bin/ssh/PROTOCOL.key
  /-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:[\s\\nr]*[A-Z][\w-]{2,30}: [\w,. -]{1,100}){0,5}[\w+/=\s\\]{16,20000}(?:-----END (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----)?/,
  // JSON Web Tokens: RFC 7519, 3.1; both first parts are objects, so they begin as {" does in base64url
  /(?<![\w-])eyJ[\w-]{10,2000}\.eyJ[\w-]{2,6000}\.[\w-]{20,1000}/,
  // age identities: https://github.com/C2SP/C2SP/blob/main/age.md
  /\bAGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}\b/,
];

const any = new RegExp(formats.map((format) => format.source).join('|'), 'g');
/** The parts that no such key is without: looking for them first is several times faster. */
const hint = /A(?:KIA|SIA|Iza|GE-SECRET)|gh[oprsu]_|github_pat_|sk-|xox|xapp-|\d:A[\w-]|k_(?:live|test)_|PRIVATE KEY|eyJ/;

/** The longest of them, so that a stream knows how much to hold back. */
export const longestKey = 21_000;

/** The password in a web address, as in git remotes (RFC 3986, 3.2.1: not to be shown); words and variables stand for one. */
const address = /(\bhttps?:\/\/[\w.~%+-]{0,64}:)((?=[^@\s]{0,200}\d)[^\s:@/"'<>${}]{8,200})@(?=[\w[])/g;

export function keySpans(text: string): Span[] {
  if (text.length < 20) return [];
  const keys = hint.test(text) ? Array.from(text.matchAll(any), ({ 0: found, index }): Span => [index, index + found.length]) : [];
  if (!text.includes('://') || !text.includes('@')) return keys;
  const passwords = Array.from(text.matchAll(address), ({ 1: before, 2: password, index }): Span => {
    const start = index + before!.length;
    return [start, start + password!.length];
  });
  return [...keys, ...passwords].toSorted((a, b) => a[0] - b[0]);
}
