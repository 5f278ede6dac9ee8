/** Every kind of token at every endpoint that expects another kind. */
import {
  API,
  APP_ID,
  TEAMS_CLIENT,
  personClaims,
  sign,
  workloadClaims,
} from '../../unit/identity/kit.ts';
import type { Claims } from '../../unit/identity/kit.ts';
import type { Purpose } from '../../../src/identity/tokens/verify-token.ts';
import { attacks } from './attack.ts';
import { NOW, NOW_MS } from './token-world.ts';
import type { MakeToken } from './token-world.ts';

/** A token and the endpoint that receives it. */
export interface AtEndpoint {
  readonly purpose: Purpose;
  readonly make: MakeToken;
}

const API_CALL: Purpose = { kind: 'bearer' };
const CLICK: Purpose = {
  kind: 'single-sign-on',
  provider: 'idp',
  audiences: new Set([APP_ID, `api://botid-${APP_ID}`]),
};
const CALLBACK: Purpose = {
  kind: 'sign-in',
  provider: 'idp',
  clientId: 'countersign',
  nonce: 'our-nonce',
};

const person =
  (over: Claims = {}, header: Claims = {}): MakeToken =>
  (w) =>
    sign(w.key, personClaims(w.server.state.issuer, NOW_MS, over), header);
const app =
  (over: Claims = {}): MakeToken =>
  (w) =>
    sign(w.key, workloadClaims(w.server.state.issuer, NOW_MS, over));
const idToken = (over: Claims = {}) =>
  person({ aud: 'countersign', azp: 'countersign', scp: undefined, nonce: 'our-nonce', ...over });
const proof = (over: Claims): MakeToken =>
  person(
    { htm: 'POST', htu: 'https://countersign.example/v1/requests', ...over },
    { typ: 'dpop+jwt' },
  );
const at = (purpose: Purpose, make: MakeToken): AtEndpoint => ({ purpose, make });

/** The `accepted` rows show that each endpoint accepts its own kind. */
export const endpointAttacks = attacks<AtEndpoint>(
  [
    ['API: an access token', 'accepted', at(API_CALL, person())],
    ["API: an application's token", 'accepted', at(API_CALL, app())],
    [
      "API: the sign-in's ID token",
      'token_audience',
      at(API_CALL, idToken()),
      'OpenID Connect Core 3.1.3.7',
    ],
    [
      'API: an ID token with the API as audience',
      'token_is_id_token',
      at(API_CALL, idToken({ aud: API })),
      'RFC 9068 5',
    ],
    ['API: a single sign-on token', 'token_audience', at(API_CALL, person({ aud: APP_ID }))],
    [
      'API: a DPoP proof',
      'token_header_refused',
      at(API_CALL, proof({ aud: API })),
      'RFC 9449 4.2',
    ],
    [
      'API: a client assertion',
      'token_audience',
      at(API_CALL, person({ aud: 'https://idp.example/token' })),
      'RFC 8725 2.8',
    ],
    [
      'API: a logout token',
      'token_header_refused',
      at(API_CALL, person({ events: {} }, { typ: 'logout+jwt' })),
      'OpenID Connect Back-Channel Logout 2.4',
    ],
    [
      'API: a signed userinfo response',
      'token_claim_missing',
      at(API_CALL, person({ exp: undefined, iat: undefined })),
      'OpenID Connect Core 5.3.2',
    ],
    ['click: a single sign-on token', 'accepted', at(CLICK, person({ aud: APP_ID }))],
    ['click: an access token for the API', 'token_audience', at(CLICK, person())],
    [
      "click: an ID token for Teams' own client",
      'token_audience',
      at(CLICK, idToken({ aud: TEAMS_CLIENT })),
    ],
    [
      'click: an ID token for the bot',
      'token_is_id_token',
      at(CLICK, idToken({ aud: APP_ID })),
      'RFC 9068 5',
    ],
    [
      "click: another issuer's access token for the bot",
      'token_issuer_unknown',
      at(CLICK, (w) => sign(w.key, personClaims(w.entraIss, NOW_MS, { aud: APP_ID }))),
      'RFC 8725 3.8',
    ],
    [
      "click: a pipeline's issuer",
      'token_issuer_unknown',
      at(CLICK, (w) =>
        sign(
          w.key,
          workloadClaims(w.pipelines.state.issuer, NOW_MS, {
            aud: APP_ID,
          }),
        ),
      ),
      'RFC 8725 3.8',
    ],
    [
      'click: a DPoP proof',
      'token_header_refused',
      at(CLICK, proof({ aud: APP_ID })),
      'RFC 9449 4.2',
    ],
    ['callback: an ID token', 'accepted', at(CALLBACK, idToken()), 'OpenID Connect Core 3.1.3.7'],
    [
      'callback: an access token for the API',
      'token_audience',
      at(CALLBACK, person()),
      'RFC 9700 2.3',
    ],
    [
      'callback: an access token by its type',
      'token_header_refused',
      at(CALLBACK, person({ aud: 'countersign', nonce: 'our-nonce' }, { typ: 'at+jwt' })),
      'RFC 9068 2.1',
    ],
    [
      'callback: an access token with the client as audience',
      'token_wrong_nonce',
      at(CALLBACK, person({ aud: 'countersign' })),
      'ASVS 5.0 V10.5.1',
    ],
    [
      'callback: an ID token of another sign-in',
      'token_wrong_nonce',
      at(CALLBACK, idToken({ nonce: 'another' })),
      'ASVS 5.0 V10.5.1',
    ],
    [
      'callback: an ID token of another client',
      'token_audience',
      at(CALLBACK, idToken({ aud: 'other', azp: 'other' })),
      'ASVS 5.0 V10.5.4',
    ],
    [
      'callback: an ID token that another client requested',
      'token_audience',
      at(CALLBACK, idToken({ azp: 'other' })),
      'OpenID Connect Core 3.1.3.7',
    ],
    [
      'callback: an ID token of another provider',
      'token_issuer_unknown',
      at(CALLBACK, (w) =>
        sign(
          w.key,
          personClaims(w.entraIss, NOW_MS, {
            aud: 'countersign',
            nonce: 'our-nonce',
          }),
        ),
      ),
      'RFC 9700 4.4',
    ],
    [
      "callback: an application's token",
      'token_kind_not_accepted',
      at(CALLBACK, app({ aud: 'countersign', azp: undefined, nonce: 'our-nonce' })),
      'RFC 9068 5',
    ],
    [
      "callback: a token of yesterday's sign-in",
      'token_too_old',
      at(CALLBACK, idToken({ iat: NOW - 86_400 })),
      'OpenID Connect Core 3.1.3.7',
    ],
  ],
  'ASVS 5.0 V9.2.2',
);
