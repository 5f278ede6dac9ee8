import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';
import { conversationIdSchema } from './conversation-id.ts';
import {
  guidSchema,
  lineSchema,
  matching,
  nameSchema,
  uniqueList,
  urlSchema,
} from './schema-parts.ts';

const hostSchema = matching(
  /^(\*\.)?[A-Za-z0-9.-]+(:\d{1,5})?$/,
  'a host name, with :port unless 443',
);

const cloudNameSchema = z.enum(['public', 'usgov', 'dod', 'china']);

const cloudSchema = z.strictObject({
  issuer: urlSchema.describe('`iss` of the tokens that Bot Framework sends'),
  metadataUrl: urlSchema.describe('OpenID metadata of those tokens'),
  loginUrl: urlSchema.describe('Where the bot takes its own tokens'),
  scope: lineSchema(300).describe("Scope of the bot's own tokens"),
  serviceUrlHosts: uniqueList(hostSchema, 20)
    .min(1)
    .describe('Hosts that service URLs may have; `*.` at the start stands for one label'),
});

const ownCredentials = [
  z.strictObject({ kind: z.literal('secret'), secret: z.string().min(1) }),
  z.strictObject({
    kind: z.literal('certificate'),
    thumbprintSha256: matching(/^[0-9A-Fa-f]{64}$/, 'a SHA-256 thumbprint of 64 hex digits'),
    privateKey: matching(/-----BEGIN [A-Z ]*PRIVATE KEY-----/, 'a private key in PEM form'),
  }),
] as const;

const federatedSchema = z
  .strictObject({
    kind: z.literal('federated'),
    tokenFile: lineSchema(1_000)
      .optional()
      .describe('File with a token that the registration trusts, such as Kubernetes projects'),
    managedIdentity: guidSchema
      .optional()
      .describe('Client id of a managed identity that the registration trusts'),
    audience: lineSchema(300)
      .optional()
      .describe("What the managed identity's token is for; default: that of the cloud"),
  })
  .refine((one) => (one.tokenFile === undefined) !== (one.managedIdentity === undefined), {
    error: 'either tokenFile or managedIdentity',
  });

/** The credential of the group look-up, when it is not the bot's. */
export const lookupCredentialSchema = z.discriminatedUnion('kind', [
  ...ownCredentials,
  federatedSchema,
  z.strictObject({ kind: z.literal('managedIdentity'), clientId: guidSchema }),
]);

const credentialSchema = z.discriminatedUnion('kind', [
  ...ownCredentials,
  federatedSchema,
  z.strictObject({ kind: z.literal('managedIdentity'), clientId: guidSchema.optional() }),
]);

const singleSignOnSchema = z.strictObject({
  enabled: z.boolean().default(true),
  issuer: nameSchema
    .optional()
    .describe('Id of the issuer whose tokens Teams hands out; default: the first of kind entra'),
  connectionName: lineSchema(100).default('countersign'),
  resource: lineSchema(300).optional().describe('Application ID URI; default: api://botid-<appId>'),
  audiences: uniqueList(lineSchema(300), 10)
    .min(1)
    .optional()
    .describe('Default: the app id and the resource'),
  clients: uniqueList(guidSchema, 10)
    .min(1)
    .optional()
    .describe('Client ids that may bring the tokens; default: those of Microsoft Teams'),
  scope: lineSchema(100).default('access_as_user'),
});

const clientKeySchema = z.strictObject({
  privateKey: z
    .string()
    .refine(isSigningKey, {
      error: 'a private key in PEM form without a password: RSA, P-256, P-384 or Ed25519',
    })
    .describe('Signs the assertions'),
  keyId: lineSchema(200).optional().describe('`kid` of the assertions'),
  thumbprintSha256: matching(/^[0-9A-Fa-f]{64}$/, 'a SHA-256 thumbprint of 64 hex digits')
    .optional()
    .describe('Of the certificate; Entra finds the key by it'),
  algorithm: z.enum(['RS256', 'PS256']).optional().describe('For an RSA key; default RS256'),
  audience: z
    .enum(['issuer', 'token_endpoint'])
    .optional()
    .describe('`aud` of the assertions; default: token_endpoint at Entra, issuer elsewhere'),
});

const signInSchema = z.strictObject({
  issuer: nameSchema.describe('Id of the issuer that the sign-in button uses'),
  clientAuth: z
    .enum(['basic', 'post', 'private_key_jwt'])
    .optional()
    .describe('How the client proves itself; default: its secret, as the provider lists it'),
  clientKey: clientKeySchema.optional().describe('The key of private_key_jwt'),
  clientId: lineSchema(200),
  clientSecret: z
    .string()
    .min(1)
    .optional()
    .describe('Leave it out for a public client, whose only proof is PKCE'),
  scopes: uniqueList(lineSchema(200), 20).default(['openid', 'profile']),
});

/** A client has what its way to prove itself needs, and nothing that it would never send. */
const wholeSignInSchema = signInSchema.superRefine((signIn, context) => {
  const { clientAuth, clientSecret, clientKey } = signIn;
  const wrong = (key: string, message: string) =>
    context.addIssue({ code: 'custom', path: [key], message });
  if (clientAuth === 'private_key_jwt') {
    if (!clientKey) wrong('clientKey', 'a key, because private_key_jwt signs with it');
    if (clientSecret) wrong('clientSecret', 'no secret, because private_key_jwt sends none');
    return;
  }
  if (clientKey) wrong('clientKey', 'clientAuth: private_key_jwt beside it, or no key');
  if (clientAuth && !clientSecret)
    wrong('clientSecret', `a secret, because ${clientAuth} sends it`);
});

function isSigningKey(pem: string): boolean {
  try {
    const { asymmetricKeyType: type, asymmetricKeyDetails: details } = createPrivateKey(pem);
    const curve = details?.namedCurve ?? '';
    if (type === 'ec') return curve === 'prime256v1' || curve === 'secp384r1';
    return type === 'rsa' || type === 'ed25519';
  } catch {
    // No key, or one with a password: OpenSSL names no stable codes.
    return false;
  }
}

/** The section `teams`. */
export const teamsSchema = z.strictObject({
  appId: guidSchema.describe('Application (client) id of the bot'),
  appType: z.enum(['SingleTenant', 'UserAssignedMSI']).default('SingleTenant'),
  tenantId: guidSchema.describe("Tenant of the bot's app registration"),
  credential: credentialSchema
    .optional()
    .describe('How the bot proves itself; default with UserAssignedMSI: its managed identity'),
  allowedTenants: uniqueList(guidSchema, 100)
    .min(1)
    .optional()
    .describe('Tenants whose people may use the bot; default: tenantId alone'),
  cloud: z.union([cloudNameSchema, cloudSchema]).default('public'),
  singleSignOn: singleSignOnSchema.prefault({}),
  signIn: wholeSignInSchema.optional().describe('Leave it out to use single sign-on alone'),
});

/** The section `channels`: name → team and channel. */
export const channelsSchema = z.record(
  nameSchema,
  z.strictObject({
    team: conversationIdSchema('team').describe('Id of the team, or the link to it'),
    channel: conversationIdSchema('channel').describe('Id of the channel, or the link to it'),
    tenant: guidSchema.optional().describe('Default: teams.tenantId'),
    serviceUrl: urlSchema.optional().describe('Default: that of the cloud'),
  }),
);

export type CloudName = z.output<typeof cloudNameSchema>;
export type CloudInput = z.output<typeof cloudSchema>;
export type LookupCredentialInput = z.output<typeof lookupCredentialSchema>;
