import { join } from 'node:path';
import { stringify } from 'yaml';
import { sha256 } from '../../lib/hash.ts';
import { storeFile } from '../kept-file.ts';
import { demoBotAppId, demoTenantId, localPerson } from '../people.ts';
import type { Person } from '../world.ts';

/** The Playground's file takes exactly this many people besides the one who uses it. */
const OTHERS = 5;

/**
 * Writes `.m365agentsplayground.yml`, which the Playground reads in the folder where it starts.
 * It knows one person who acts, one team and one channel besides General.
 */
export async function writePlaygroundFile(options: {
  readonly home: string;
  readonly person: Person;
  readonly people: readonly Person[];
  readonly team: { readonly id: string; readonly name: string };
  readonly channel: { readonly id: string; readonly name: string };
}): Promise<string> {
  const { home, person, people, team, channel } = options;
  const others = people.filter(({ id }) => id !== person.id).slice(0, OTHERS);
  const padding = Array.from({ length: OTHERS - others.length }, (_, at) =>
    localPerson({ id: `onlooker-${at + 1}`, name: `Onlooker ${at + 1}`, roles: [], claims: {} }),
  );
  const file = {
    version: '0.1.1',
    tenantId: demoTenantId,
    bot: { id: `28:${demoBotAppId}`, name: 'Countersign' },
    currentUser: userOf(person),
    users: [...others, ...padding].map(userOf),
    personalChat: { id: `a:1playground${sha256(person.mri)}` },
    groupChat: { id: '19:playground-group@thread.v2', name: 'Group chat' },
    team: { ...team, aadGroupId: '6d1b7c52-40af-4a3e-8b39-12c5e0d9f7a4', channels: [channel] },
  };
  const path = join(home, '.m365agentsplayground.yml');
  await storeFile(path, `# Written by countersign local at every start.\n${stringify(file)}`);
  return path;
}

/** The spelling of `userPrincipleName` is the Playground's. */
function userOf({ id, name, mri, oid }: Person) {
  const [givenName = '', ...rest] = name.split(' ');
  const address = `${id}@contoso.example`;
  return {
    id: mri,
    name,
    userPrincipleName: address,
    aadObjectId: oid,
    givenName,
    surname: rest.join(' '),
    email: address,
  };
}
