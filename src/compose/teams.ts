import { createBotCredentials } from '../identity/bot-credentials.ts';
import { outgoing } from '../net/outgoing.ts';
import { createChannelTokens } from '../identity/tokens/channel-tokens.ts';
import { createTeams, createTeamsOutbound } from '../teams/teams.ts';
import type { Teams, TeamsOutbound } from '../teams/teams.ts';
import type { Text } from '../text/text.ts';
import { textFor } from '../text/text.ts';
import type { App } from '../usecases/app.ts';
import { createRememberConversation } from '../usecases/people/remember-conversation.ts';
import type { TeamsCards } from '../usecases/ports/cards.ts';
import type { SignIn } from '../usecases/ports/sign-in.ts';
import type { Workflows } from '../usecases/ports/workflows.ts';
import type { Foundation } from './foundation.ts';
import type { IdentityArea } from './identity.ts';

/** The way out to Teams. */
export function composeOutbound(foundation: Foundation, text: Text): TeamsOutbound {
  const { config, clock, ids, keys, log, store, overrides } = foundation;
  return createTeamsOutbound({
    text,
    clock,
    ids,
    log,
    config: config.teams,
    channels: config.channels,
    directory: store,
    remember: createRememberConversation(foundation),
    leases: store,
    threadMac: (text) => keys.mac('threads', text),
    ...(overrides.jobLeaseMs === undefined ? {} : { leaseMs: overrides.jobLeaseMs }),
    credentials: createBotCredentials({ config, clock }),
    allowLoopbackHttp: config.profile === 'local',
    agentFor: outgoing(config.server.proxy).agentFor,
  });
}

/** The way in from Teams. */
export function composeTeams(
  foundation: Foundation,
  parts: Pick<IdentityArea, 'identity' | 'sessions' | 'renewClaims'> & {
    readonly app: App;
    readonly workflows: Workflows;
    readonly signIn: SignIn;
    readonly cards: (text: Text) => TeamsCards;
    readonly outbound: TeamsOutbound;
  },
): Teams {
  const { config, clock, ids, log } = foundation;
  return createTeams({
    ...parts,
    clock,
    ids,
    log,
    config: config.teams,
    channels: config.channels,
    textFor,
    allowLoopbackHttp: config.profile === 'local',
    tokens: createChannelTokens(foundation),
  });
}
