import type { ChannelConfig, TeamsConfig } from '../config/config.ts';
import { describeError } from '../lib/logger.ts';
import { sleep } from '../lib/loop.ts';
import type { Basics } from '../usecases/ports/basics.ts';
import type { ChannelTokens } from '../usecases/ports/channel-tokens.ts';
import type { RememberInput } from '../usecases/ports/app.ts';
import type { CardStore } from '../usecases/ports/card-store.ts';
import type { LeaseStore } from '../usecases/ports/lease-store.ts';
import type { Text } from '../text/text.ts';
import { GatedAdapter } from './inbound/adapter.ts';
import type { Answer } from './inbound/adapter.ts';
import { createBot } from './inbound/bot.ts';
import { ConnectorClients } from './outbound/connector-clients.ts';
import type { BotDeps, Languages } from './deps.ts';
import { createGate } from './inbound/gate.ts';
import type { TeamsActivity } from './inbound/activity.ts';
import { createMessenger } from './outbound/messenger.ts';
import type { Messenger } from './outbound/messenger.ts';
import { createNotifier } from './outbound/notifier.ts';
import { createPersonalChats } from './outbound/personal-chats.ts';
import { startReplicaShare } from './outbound/replica-share.ts';
import type { ReplicaShare } from './outbound/replica-share.ts';
import { createThrottledClient } from './outbound/throttled-client.ts';

/** The way out to Teams; made first, as the jobs of the use cases need its notifier. */
export type TeamsOutbound = ReturnType<typeof createTeamsOutbound>;

/** The way in from Teams. */
export type Teams = ReturnType<typeof createTeams>;

const CALL_TIMEOUT_MS = 10_000;
/** How long, at most, a killed process counts as alive and keeps a thread that it posted to. */
const LEASE_MS = 4_000;

type OutboundOptions = Basics &
  ConstructorParameters<typeof ConnectorClients>[0] & {
    channels: Readonly<Record<string, ChannelConfig>>;
    directory: Pick<CardStore, 'findConversation'>;
    /** Stores the chats that are opened. */
    remember: (input: RememberInput) => Promise<void>;
    /** The language of notices. */
    text: Text;
    leases: LeaseStore;
    /** Keyed hash for the names of threads' leases. */
    threadMac: (text: string) => string;
    leaseMs?: number;
    wait?: (ms: number) => Promise<void>;
    timeoutMs?: number;
  };

/** Makes the way out. `leaseMs`, `wait` and `timeoutMs` are for tests. */
export function createTeamsOutbound(given: OutboundOptions) {
  const { config, clock, ids, log, leases, wait = sleep } = given;
  const leaseMs = Math.min(given.leaseMs ?? LEASE_MS, LEASE_MS);
  const clients = new ConnectorClients(given);
  const adapter = new GatedAdapter(clients, config);
  let share: ReplicaShare | undefined;
  const client = createThrottledClient({
    client: (serviceUrl) => adapter.client(serviceUrl),
    leases,
    threadMac: given.threadMac,
    leaseMs,
    share: { calls: () => share?.calls() ?? 0 },
    clock,
    ids,
    log,
    pause: sleep,
    wait,
    timeoutMs: given.timeoutMs ?? CALL_TIMEOUT_MS,
  });
  const writers = writersOver(createMessenger(client, config.appId), given);
  return {
    ...writers,
    adapter,
    waiting: client.waiting,
    /** Counts this process among the replicas that are alive; before that no call is made. */
    start() {
      const changed = () => client.shareChanged();
      const started = startReplicaShare({ leases, clock, ids, log, leaseMs, changed });
      share = started;
      return {
        wake: started.wake,
        async stop() {
          await client.settled();
          await started.stop();
        },
      };
    },
  };
}

/** What writes to Teams: to chats and channels, to people, and for jobs. */
function writersOver(
  messenger: Messenger,
  given: Pick<OutboundOptions, 'config' | 'channels' | 'directory' | 'remember' | 'text'>,
) {
  const chats = createPersonalChats({ ...given, messenger });
  const { tenantId } = given.config;
  const notifier = createNotifier({ ...given, messenger, chats, tenantId });
  return { messenger, chats, notifier };
}

/** Makes the way in: gate, then botbuilder, then the bot. */
export function createTeams(
  given: Omit<BotDeps, 'messenger' | 'chats' | 'config' | 'text' | 'cards'> &
    Languages & {
      config: TeamsConfig;
      tokens: ChannelTokens;
      outbound: TeamsOutbound;
      allowLoopbackHttp: boolean;
    },
) {
  const { outbound, log } = given;
  const gate = createGate(given);
  const signIn = given.config.signIn === null ? null : given.signIn;
  const { messenger, chats } = outbound;
  const bot = createBot({ ...given, signIn, messenger, chats });
  /** Runs an activity that the gate let through. */
  const handle = async (activity: TeamsActivity): Promise<Answer> => {
    try {
      return await outbound.adapter.run(activity, bot);
    } catch (error) {
      const { type, name } = activity;
      log.error('an activity failed', { type, name, error: describeError(error) });
      return { status: 500 };
    }
  };
  return {
    handle,
    /** Answers 401 to what the gate keeps out, with its code, and 500 where the service failed. */
    async receive(
      input: Parameters<typeof gate.check>[0],
    ): Promise<Answer & { readonly code?: string }> {
      const checked = await gate.check(input);
      return checked.ok ? handle(checked.activity) : { status: 401, code: checked.code };
    },
  };
}
