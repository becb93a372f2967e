// An identity provider with development interactions: anybody logs in with any name.
//
// Called as: node oidc_provider.mjs PORT CERTIFICATE KEY FOLDER; FOLDER has `oidc-provider` from
// npm in its node_modules. Commands come by lines of standard input:
//   rotate      sign with new keys, and forget the old ones
//   clock N     be N seconds ahead, or behind
// Each is answered with a line.
import crypto from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import readline from 'node:readline';
import { pathToFileURL } from 'node:url';

const [port, certificate, key, folder] = process.argv.slice(2);
const library = path.join(folder, 'node_modules/oidc-provider/lib/index.js');
const { default: Provider } = await import(pathToFileURL(library));

const ISSUER = `https://localhost:${port}`;
const AUDIENCE = 'https://nixie.example.org';

let generation = 0;
function keys() {
  generation += 1;
  const pairs = [
    [crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }), 'RS256'],
    [crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'ES256'],
  ];
  return pairs.map(([pair, alg]) => ({
    ...pair.privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: `${alg}-${generation}`,
  }));
}

// `ops-ada` is in the group `ops`.
const groups = (person) => [person.split('-')[0]];

function provider() {
  const made = new Provider(ISSUER, {
    jwks: { keys: keys() },
    cookies: { keys: ['not a secret'] },
    clients: [{
      client_id: 'px',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://localhost:8085/auth_complete'],
      grant_types: ['authorization_code', 'refresh_token'],
    }],
    pkce: { required: () => true },
    claims: { openid: ['sub', 'groups'] },
    conformIdTokenClaims: false,
    findAccount: (_, person) => ({
      accountId: person,
      claims: () => ({ sub: person, groups: groups(person) }),
    }),
    extraTokenClaims: (_, token) => ({ groups: groups(token.accountId) }),
    ttl: {
      AccessToken: 600, IdToken: 120, RefreshToken: 86400, Grant: 86400, Interaction: 3600, Session: 3600,
    },
    features: {
      devInteractions: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => {
          if (resource !== AUDIENCE) throw new Error(`unknown resource ${resource}`);
          return {
            scope: 'openid', audience: AUDIENCE, accessTokenFormat: 'jwt', accessTokenTTL: 600,
            jwt: { sign: { alg: 'ES256' } },
          };
        },
        useGrantedResource: () => true,
      },
    },
  });
  return made.callback();
}

let answer = provider();
const options = { cert: fs.readFileSync(certificate), key: fs.readFileSync(key) };
const server = https.createServer(options, (request, response) => answer(request, response));
server.listen(Number(port), '127.0.0.1', () => console.log('listening'));

const now = Date.now;
for await (const line of readline.createInterface({ input: process.stdin })) {
  const [command, value] = line.split(' ');
  if (command === 'rotate') answer = provider();
  else if (command === 'clock') Date.now = () => now() + 1000 * Number(value);
  else throw new Error(`unknown command ${line}`);
  console.log(`done ${line}`);
}
process.exit(0);
