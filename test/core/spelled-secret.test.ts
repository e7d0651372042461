import { describe, expect, test } from 'vitest';
import { spellsSecret } from '../../src/core/spelled-secret.ts';
import { tools } from '../../src/tools/index.ts';

const spelled = `rotate the secret "gh" with hunter2horse
rotate the secret "gh" with VALUE
rotate the secret gh to correcthorse
set the secret github to "hunter22-value"
vault set gh VALUE
vault set gh hunter2
claw vault rotate gh correcthorse
set the secret "gh" to "hunter2"
set the secret gh to hunter2
set the secret "gh" = hunter2
set secret gh=correcthorse
store hunter2horse in the vault as "gh"
store ghp_abcdefghij0123456789 in the vault
store "s3cr3t!" in the vault
put "correct horse battery" into the vault as "gh", with the value "staple it"
keep a secret called "gh" with the value "correcthorse"
keep a secret called gh with the value correcthorse
add the secret "gh": correcthorse
add a credential smtp with password correcthorse
the secret "gh" is correcthorse, keep it
create a secret named gh, value: correcthorse
save the credential "smtp" as "user:Pa55word"
change the secret gh to P@ssw0rd!
update the vault secret "db" to 'tr0ub4dor&3'
replace the secret "nas" by using xK9mQ2vL
put the token AKIAIOSFODNN7EXAMPLE into the vault
keep MyS3cretPass as a secret
use the secret gh with the value geheimnis
renew the credential "smtp" with neuesgeheimnis
rotate the secret “gh” to “correcthorse”
remember the secret gh: correcthorse`.split('\n');

const harmless = `keep a secret called "github-token"
put a new secret "nas-password" into the vault
store a credential named "smtp" in the vault
save a token as "grafana" in the vault
save the token as grafana in the vault
the vault secret "db" should be rotated every 90 days
set the secret "db" to be rotated every 90 days
limit the secret "gh" to api.github.com
set the secret "gh" to be used with http_request only
add the host "api.github.com" to the secret "gh"
keep the secret "gh" for "*.github.com"
rotate the secrets "gh" and "nas"
rotate the secret gh
rotate the secret github-token-2
rotate the key of the vault
give the secret "nas-password" a new value
restore generation 3 of the vault
take the credentials in secrets.env into the vault
import ~/project/prod.env into the vault
put the values of "app.env" into the vault
export the secrets into a .env file at /tmp/all2.env
delete the secret "gh" and keep "nas"
remember that the secret of the soup is time
remember that the router password is in the safe
which secrets are in the vault
is the vault all right, and is it due to be rotated
set the secret "gh" to {"$secret":"other"}
every monday at 8:30 check which secrets are overdue and remember it
use the secret "gh" with https://api.github.com/user
remind me on 2026-12-01 to rotate the secret "gh"
fetch https://example.com with the secret "gh" and save the result to page.txt
update the secret "gh" tomorrow at 18:00
keep a secret called gh with a rule for api.github.com
remember to change the credentials of the printer
add the host api.github.com to "github-token"
create a folder called "secrets" in ~/notes
write "the vault is in the cellar" to notes.txt`.split('\n');

describe('a secret that is spelled out in a request', () => {
  test.each(spelled)('is seen: %s', (request) => expect(spellsSecret(request)).toBe(true));
  test.each(harmless)('is not seen where there is none: %s', (request) => expect(spellsSecret(request)).toBe(false));
  test('is in no example of any tool', () => {
    expect(tools.flatMap(({ examples }) => examples).filter(spellsSecret)).toEqual([]);
  });
});
