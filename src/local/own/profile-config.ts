import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isNode, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { storeFile } from '../kept-file.ts';
import type { OwnWorkflows } from './own-workflows.ts';

/** A channel of the profile: the name in countersign.yaml and Teams' id of it. */
export interface NamedChannel {
  readonly name: string;
  readonly id: string;
}

/** A connector that is not the profile's own. */
export interface Elsewhere {
  readonly serviceUrl: string;
  /** Teams' id of the channel. */
  readonly channel: string;
}

/** The channel of a name in the local Teams. */
export function localChannel(name: string): NamedChannel {
  return { name, id: `19:${name}@thread.tacv2` };
}

/**
 * Writes a countersign.yaml to `home` that differs from the demo's in what the workflows name:
 * channels, executors (all of them the demo's target) and claims, and in where its channels are.
 * Gives its path.
 */
export async function writeProfileConfig(options: {
  /** The demo's countersign.yaml. */
  readonly from: string;
  readonly home: string;
  readonly own?: OwnWorkflows | undefined;
  /** All cards go to this channel of another connector. */
  readonly elsewhere?: Elsewhere | undefined;
}): Promise<string> {
  const { from, home, own, elsewhere } = options;
  const document = parseDocument(readFileSync(from, 'utf8'));
  document.commentBefore =
    ' Written by countersign local at every start, from its own configuration and your workflows.';
  document.set('workflows', resolve(dirname(from), at(document, ['workflows']) as string));
  if (own !== undefined) nameAll(document, own);
  if (elsewhere !== undefined) moveChannels(document, elsewhere);
  const path = join(home, 'countersign.yaml');
  await storeFile(path, document.toString({ lineWidth: 0 }));
  return path;
}

function nameAll(document: Document, own: OwnWorkflows): void {
  const claims = ['identity', 'issuers', 0, 'claims'];
  const [target] = Object.values(at(document, ['executors']) as Record<string, object>);
  const [channel] = Object.values(at(document, ['channels']) as Record<string, object>);
  document.set('workflows', own.folder);
  const listed = new Set([...(at(document, claims) as string[]), ...own.claims]);
  document.setIn(claims, plain(document, [...listed]));
  const executors = own.executors.map((name) => [name, target]);
  document.set('executors', plain(document, Object.fromEntries(executors)));
  const channels = own.channels.map((name) => [
    name,
    { ...channel, channel: localChannel(name).id },
  ]);
  document.set('channels', plain(document, Object.fromEntries(channels)));
}

function moveChannels(document: Document, { serviceUrl, channel }: Elsewhere): void {
  const hosts = ['teams', 'cloud', 'serviceUrlHosts'];
  const allowed = [...(at(document, hosts) as string[]), new URL(serviceUrl).host];
  document.setIn(hosts, plain(document, allowed));
  for (const name of Object.keys(at(document, ['channels']) as object)) {
    document.setIn(['channels', name, 'serviceUrl'], serviceUrl);
    document.setIn(['channels', name, 'channel'], channel);
  }
}

/** Written out at each place: the configuration takes no anchors. */
function plain(document: Document, value: object) {
  return document.createNode(value, { aliasDuplicateObjects: false });
}

/** The plain value of a key that the demo's file has. */
function at(document: Document, path: readonly (string | number)[]): unknown {
  const node = document.getIn(path, true);
  return isNode(node) ? node.toJS(document) : node;
}
