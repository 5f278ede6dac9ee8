import type { ChannelConfig, TeamsConfig } from '../config/config.ts';
import type { Text } from '../text/text.ts';
import type { App } from '../usecases/app.ts';
import type { Basics } from '../usecases/ports/basics.ts';
import type { Identity } from '../usecases/ports/identity.ts';
import type { RenewClaims } from '../usecases/ports/renew-claims.ts';
import type { Sessions } from '../usecases/ports/sessions.ts';
import type { SignIn } from '../usecases/ports/sign-in.ts';
import type { TeamsCards } from '../usecases/ports/cards.ts';
import type { Workflows } from '../usecases/ports/workflows.ts';
import type { Messenger } from './outbound/messenger.ts';
import type { PersonalChats } from './outbound/personal-chats.ts';

/** What the bot works with on one activity. */
export interface BotDeps extends Basics {
  /** The sentences of the sender's language. */
  readonly text: Text;
  readonly config: Pick<TeamsConfig, 'singleSignOn'>;
  readonly channels: Readonly<Record<string, ChannelConfig>>;
  readonly app: App;
  /** All workflows: their names are shown to everybody in the tenant, requests are not. */
  readonly workflows: Pick<Workflows, 'list'>;
  readonly identity: Pick<Identity, 'verifySingleSignOn'>;
  /** The sign-in button's way; null where it is not configured. */
  readonly signIn: SignIn | null;
  /** What carries a sign-in over clicks; absent where every click signs in. */
  readonly sessions?: Sessions | null;
  /** Claims of single sign-on that are too old, from a directory; absent where none is asked. */
  readonly renewClaims?: RenewClaims | null;
  /** The cards of that language. */
  readonly cards: TeamsCards;
  readonly messenger: Messenger;
  readonly chats: PersonalChats;
}

/** What the bot works with, before the language of an activity is known. */
export interface Languages {
  /** The sentences of a locale (BCP 47); null: unknown. */
  readonly textFor: (locale: string | null) => Text;
  readonly cards: (text: Text) => TeamsCards;
}
