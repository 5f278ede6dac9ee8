/** The grant by which Teams and the CLI get a token for their signed-in person. */
import { errors, type Provider } from 'oidc-provider';
import { systemIds } from '../../lib/ids.ts';
import type { Person } from '../world.ts';
import { accessTokenSeconds } from './claims.ts';
import { personGrantType } from './clients.ts';
import { resourceServer } from './resources.ts';

/**
 * Registers the grant: parameters `person` (a demo person's id) and `resource`. Answers as the
 * token endpoint does (RFC 6749 section 5.1); an unknown person is `invalid_grant`.
 */
export function registerPersonGrant(provider: Provider, people: readonly Person[]): void {
  provider.registerGrantType<{ person?: string; resource?: string }>(
    personGrantType,
    async (ctx) => {
      const { client, params } = ctx.oidc;
      const person = people.find(({ id }) => id === params.person);
      if (person === undefined) throw new errors.InvalidGrant('nobody has this id');
      const resource = params.resource ?? '';
      const info = resourceServer(resource, client.clientId);
      const token = new provider.AccessToken({
        accountId: person.id,
        client,
        grantId: systemIds.secret(16),
        gty: personGrantType,
        scope: 'access_as_user',
      });
      token.resourceServer = new provider.ResourceServer(resource, info);
      ctx.body = {
        access_token: await token.save(),
        token_type: 'Bearer',
        expires_in: accessTokenSeconds,
        scope: 'access_as_user',
      };
    },
    ['person', 'resource'],
  );
}
