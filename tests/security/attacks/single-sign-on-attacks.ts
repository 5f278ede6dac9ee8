/** Tokens at a click that do not belong to the person who clicked. */
import {
  AMARA,
  API,
  APP_ID,
  KENJI,
  OTHER_TENANT,
  TEAMS_CLIENT,
  TENANT,
} from '../../unit/identity/kit.ts';
import type { Claims } from '../../unit/identity/kit.ts';
import { attacks } from './attack.ts';

/** One changed claim in Amara's own single sign-on token. */
export const singleSignOnAttacks = attacks<Claims>(
  [
    ['the token of another person', 'sso_wrong_person', { oid: KENJI }, 'ASVS 5.0 V10.3.3'],
    ['the object id in upper case', 'sso_wrong_person', { oid: AMARA.toUpperCase() }],
    ['the same object id in another tenant', 'sso_wrong_tenant', { tid: OTHER_TENANT }],
    ['no object id', 'token_claim_missing', { oid: undefined }, 'ASVS 5.0 V10.3.3'],
    ['no tenant', 'token_claim_missing', { tid: undefined }, 'ASVS 5.0 V10.3.3'],
    ['no scope', 'sso_scope_missing', { scp: undefined }],
    ['another scope', 'sso_scope_missing', { scp: 'User.Read' }],
    [
      'a scope with the right one as its prefix',
      'sso_scope_missing',
      { scp: 'access_as_user.read' },
    ],
    ['the scope in upper case', 'sso_scope_missing', { scp: 'ACCESS_AS_USER' }],
    ['the scope as an array', 'sso_scope_missing', { scp: ['access_as_user'] }],
    [
      "the scope in another provider's claim",
      'sso_scope_missing',
      { scp: undefined, scope: 'access_as_user' },
    ],
    ['requested by another client', 'sso_wrong_client', { azp: 'attacker' }, 'RFC 9700 4.4'],
    ['requested by the bot itself', 'sso_wrong_client', { azp: APP_ID }, 'RFC 9700 4.4'],
    ['requested by no client', 'sso_wrong_client', { azp: undefined }],
    [
      'another client, with Teams named as well',
      'sso_wrong_client',
      { azp: 'attacker', appid: TEAMS_CLIENT },
    ],
    ['azp as an array', 'token_claim_invalid', { azp: [TEAMS_CLIENT] }, 'OpenID Connect Core 2'],
    ['for the API instead of the bot', 'token_audience', { aud: API }, 'RFC 8725 3.9'],
    ['for the bot and the API', 'token_audience', { aud: [APP_ID, API] }, 'RFC 8725 3.9'],
    ['for another bot', 'token_audience', { aud: 'api://botid-other' }, 'RFC 8725 3.9'],
    ["an ID token for the bot's own client", 'token_is_id_token', { nonce: 'n' }, 'RFC 8725 3.12'],
    [
      "an application with roles, a scope and the person's ids",
      'sso_not_person',
      { idtyp: 'app' },
      'RFC 9068 5',
    ],
    ['expired', 'token_expired', { exp: 1 }, 'RFC 7519 4.1.4'],
    ['too old', 'token_too_old', { iat: 1 }, 'OpenID Connect Core 3.1.3.7'],
    ['the tenant in upper case', 'sso_wrong_tenant', { tid: TENANT.toUpperCase() }],
    ['the object id with a blank', 'sso_wrong_person', { oid: ` ${AMARA}` }],
    ['the object id in an array', 'token_claim_invalid', { oid: [AMARA] }, 'ASVS 5.0 V10.3.3'],
    [
      'another scope, then a tab and the right scope',
      'sso_scope_missing',
      { scp: 'User.Read\taccess_as_user' },
      'RFC 6749 3.3',
    ],
  ],
  'Microsoft identity platform: Teams single sign-on',
);
