/** The members of a conversation, as Teams shows them to bots. */
import type { Json, Person } from '../world.ts';
import type { Conversation } from './chats.ts';
import { refusal, type RestAnswer } from './rest-answer.ts';

const PAGE_LEAST = 50;
const PAGE_MOST = 500;

/** Answers `/members`, `/members/{id}` (Teams id or object id) and `/pagedmembers`. */
export function members(options: {
  conversation: Conversation;
  kind: 'members' | 'pagedmembers';
  id: string | undefined;
  query: URLSearchParams;
}): RestAnswer {
  const { conversation, kind, id, query } = options;
  const everybody = conversation.members;
  if (kind === 'members' && id === undefined) return { status: 200, body: everybody.map(account) };
  if (kind === 'members') {
    const found = everybody.find(({ mri, oid }) => mri === id || oid === id);
    if (found !== undefined) return { status: 200, body: account(found) };
    const text = 'The member was not found in the conversation.';
    return refusal(404, 'MemberNotFoundInConversation', text);
  }
  const start = Number(query.get('continuationToken') ?? 0) || 0;
  const asked = Number(query.get('pageSize') ?? PAGE_MOST) || PAGE_MOST;
  const end = start + Math.min(Math.max(asked, PAGE_LEAST), PAGE_MOST);
  const page: Json = { members: everybody.slice(start, end).map(account) };
  const body = end < everybody.length ? { ...page, continuationToken: String(end) } : page;
  return { status: 200, body };
}

function account(person: Person): Json {
  const parts = person.name.split(' ');
  const address = `${person.id}@contoso.example`;
  return {
    id: person.mri,
    name: person.name,
    objectId: person.oid,
    aadObjectId: person.oid,
    givenName: parts[0] ?? '',
    surname: parts.slice(1).join(' '),
    email: address,
    userPrincipalName: address,
    tenantId: person.tid,
    userRole: 'user',
  };
}
