import type { ClaimValue } from '../../domain/people/principal.ts';

/** The address of a person or channel, from activities that the gate accepted. */
export interface Conversation {
  /** `person:<tenant>:<object id>` or `channel:<tenant>:<channel id>`. */
  readonly key: string;
  readonly tenantId: string;
  readonly conversationId: string;
  readonly serviceUrl: string;
  /** The person's Teams user id (MRI); null for a channel. */
  readonly userId: string | null;
  readonly updatedAt: number;
}

/** A person by the last verified token. For personal views alone; it never decides anything. */
export interface SeenPerson {
  readonly key: string;
  readonly tenantId: string;
  readonly objectId: string;
  /** Teams user id (MRI). */
  readonly userId: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly claims: Readonly<Record<string, ClaimValue>>;
  readonly seenAt: number;
}

export interface CardStore {
  findConversation(key: string): Promise<Conversation | undefined>;
  /** People last seen with any of these roles, most recent first. */
  findPeople(roles: readonly string[], limit: number): Promise<readonly SeenPerson[]>;
  findPerson(key: string): Promise<SeenPerson | undefined>;
}
