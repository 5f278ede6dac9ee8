/** Why a token, a sign-in or a login is refused, and what to do, by code. */
export const identityProblems = {
  token_missing: 'No token came with the call: send "Authorization: Bearer <token>".',
  token_too_large: 'The token is longer than 16 KiB: ask the provider for fewer claims.',
  token_malformed: 'The token is not a signed token in canonical form: send it exactly as issued.',
  token_header_refused:
    "The token's header is not accepted: it needs alg, a plain JWT type and a well-formed kid, without " +
    'critical extensions or embedded keys.',
  token_algorithm_refused:
    'The token is signed with an algorithm that is not allowed for its ' +
    'issuer: have the provider sign with one of identity.issuers[].algorithms.',
  token_issuer_unknown:
    "The token's issuer is not configured: use a token of a provider under " +
    'identity.issuers; its issuer must equal iss exactly.',
  token_own_issuer:
    'Countersign does not accept tokens that it issued itself: get one from your ' +
    'identity provider.',
  token_tenant_not_allowed:
    'The token comes from a tenant that is not allowed: add it to the ' +
    "issuer's tenants, or sign in with an account of an allowed one.",
  token_tenant_mismatch: "The token's tid is not the tenant of its iss: take a new token.",
  token_key_unknown:
    'The provider publishes no key with this kid: take a new token; after a key rotation ' +
    'try again in a few minutes.',
  token_key_ambiguous:
    "Several of the provider's keys fit the token's algorithm, and no kid says which: have the " +
    'provider write kid into its tokens and keys.',
  token_keys_unavailable:
    "The provider's keys cannot be fetched now, so the token cannot be verified: try " +
    "again shortly; the service's log has the cause.",
  token_key_not_for_issuer: "The signing key belongs to another issuer than the token's.",
  token_signature_invalid: "The token's signature is wrong: send it exactly as issued.",
  token_audience:
    'The token is for another service: ask for one whose aud is exactly the configured ' +
    'audience.',
  token_claim_missing: 'The token lacks a required claim',
  token_claim_invalid: 'A claim of the token is not accepted',
  token_expired: 'The token has expired: take a new one.',
  token_not_yet_valid: 'The token is not valid yet (nbf): check the clocks.',
  token_issued_in_future: 'The token was issued in the future (iat): check the clocks.',
  token_too_old: "The token was issued too long ago (issuer's maxAge): take a new one.",
  token_is_id_token: 'This is an ID token: send an access token for this service.',
  token_wrong_nonce: 'The ID token answers another sign-in: start again from the card.',
  token_kind_unclear:
    "The token shows neither a person nor a workload: a person's token " +
    "carries delegated scopes, a workload's idtyp=app.",
  token_kind_not_accepted:
    'This issuer is not configured for this kind of token: see ' +
    'identity.issuers[].use (people, workloads).',
  token_bound:
    'The token is bound to a key of its holder (cnf): send it as "Authorization: DPoP ' +
    '<token>" with a proof made by that key.',
  token_binding_unknown:
    'The token is bound to its holder in an unsupported way (cnf): ask for one that is ' +
    'not bound, or bound by DPoP.',
  dpop_token_unbound:
    'The token is not bound to a key (cnf.jkt): send it as "Authorization: ' +
    'Bearer <token>", or ask the provider for one that is bound by DPoP.',
  dpop_proof_invalid:
    'The DPoP proof is not accepted: make a new one for this call and this token (RFC ' +
    '9449 4.2)',
  dpop_proof_stale:
    'The DPoP proof is too old or in the future (iat): make one for each call, and check ' +
    'the clock.',
  dpop_proof_replayed: 'This DPoP proof was used before (jti): make one for each call.',
  dpop_wrong_key: 'The DPoP proof is signed by another key than the token is bound to.',
  dpop_nonce_needed: "The DPoP proof must carry the nonce of the response's DPoP-Nonce header.",
  groups_not_listed:
    'The person is in too many groups for the token to list them: the ' +
    'administrator configures identity.issuers[].groupLookup, or assigns app roles instead.',
  groups_unavailable:
    "The person's groups cannot be looked up now, so their roles are unknown: try again " +
    "shortly; the service's log has the cause.",
  agents_unavailable:
    'Whether the account is a person or an agent cannot be looked up now: try again shortly; ' +
    "the service's log has the cause.",
  sso_off: 'Teams single sign-on is not enabled: use the sign-in button.',
  sso_wrong_person:
    'The token belongs to another person than the one who clicked: sign in to ' +
    'Teams as yourself and click again.',
  sso_wrong_tenant:
    'The token belongs to another tenant than the one Teams names for you: sign ' +
    'in with the account that you use in this chat.',
  sso_scope_missing:
    'The token lacks the single sign-on scope: consent to it, or have the ' +
    'administrator add it to the app registration (access_as_user).',
  sso_wrong_client:
    'The token was not requested by Teams: only clients under teams.singleSignOn.clients ' +
    'are accepted.',
  sso_not_person: "An application's token cannot act for a person.",
  sso_wrong_version:
    "The token's audience does not match its version: a v2.0 token is for the client id, " +
    'a v1.0 token for the api:// resource.',
  channel_service_url_missing: 'The channel token names no service URL.',
  sign_in_off: 'No sign-in provider is configured (teams.signIn).',
  sign_in_link_invalid:
    'This sign-in link is invalid, was used or has expired: press the button in Teams ' +
    'again for a new one.',
  sign_in_unknown: 'This sign-in is unknown, finished or expired: press the button in Teams again.',
  sign_in_other_browser:
    'The sign-in was started in another browser: finish it where you opened ' +
    'the link, or press the button in Teams again.',
  sign_in_refused:
    'The identity provider did not sign you in: try again, or ask its ' + 'administrator why.',
  sign_in_unavailable: 'The identity provider cannot be reached now: try again shortly.',
  sign_in_wrong_person:
    'You signed in as another person than this link is for: sign in with the account ' +
    'that you use in Teams.',
  sign_in_code_invalid:
    'This sign-in code was used, has expired, or is not yours: press the ' +
    'button again for a new sign-in.',
  sign_in_too_many_tries: 'Too many wrong sign-in codes: wait ten minutes, then sign in again.',
  sign_in_other_request:
    'You signed in for another request, or it has changed since: press the ' +
    'button on the current card again.',
  sign_in_step_up_unmet:
    'You signed in, but not as the stage requires: press the button again and sign in as ' +
    'it asks, or ask an administrator whether the provider can do it.',
  session_refresh_unavailable:
    'Your roles cannot be confirmed now, as the identity provider ' +
    'does not answer: nothing was counted and you stay signed in. Press the button again shortly.',
  session_refresh_refused: 'The identity provider ended this sign-in: sign in again.',
  session_claims_stale:
    'The identity provider does not return claims that are new enough: send "sign out" ' +
    'to Countersign in Teams, then press the button and sign in again.',
  bot_login_failed:
    'The bot could not log in at Microsoft: check teams.appId, teams.tenantId and ' +
    "teams.credential; the log has Microsoft's response.",
};

/** Details of a problem, where the name of a claim or header is not enough. */
export const identityDetails = {
  three_parts: 'three parts',
  json_objects: 'JSON objects',
  other_provider: 'another provider is expected here',
  other_kind: 'accessTokenIssuer is for access tokens, issuer for ID tokens',
  key_unusable: 'the key cannot be used',
  key_of_other_algorithm: 'the key is for another algorithm',
  no_directory_id: 'no object id and tenant',
  no_id_token: 'no id_token',
};
