/** Many channels, each with its own workflows. */

const TEAM = { id: '19:team-rooms@thread.tacv2', name: 'Rooms' };

/** The channel of a room. */
export function roomId(room: number): string {
  return `19:room-${room}@thread.tacv2`;
}

/** The channels in the form that the connector takes. */
export function roomChannels(rooms: number) {
  return Array.from({ length: rooms }, (_, room) => ({
    id: roomId(room),
    name: `Room ${room}`,
    team: TEAM,
  }));
}

/** The name of a room's workflow over one of the two targets. */
export function workflowOf(room: number, target: 'deploy' | 'bank'): string {
  return `${target}-${room}`;
}

const workflow = (room: number, target: 'deploy' | 'bank') => `
workflow: ${workflowOf(room, target)}
title: ${target === 'bank' ? 'Wire transfer' : 'Deployment'} of room ${room}
fields:
  - { id: subject, type: text, required: true }
request:
  roles: [developer]
  workloads:
    - { issuer: local, repository: contoso/checkout, environment: production }
stages:
  - { name: Owners, roles: [approver] }
notify: { channel: room-${room} }
execute: { use: ${target === 'bank' ? 'bank' : 'deploy-webhook'} }
`;

const BANK = `executors:
  bank:
    kind: webhook
    url: \${env:LOCAL_TARGET}
    secret: \${env:LOCAL_WEBHOOK_SECRET}
    idempotent: false
    allowPrivate: [127.0.0.1/32]
`;

const channel = (room: number) => `  room-${room}:
    team: ${TEAM.id}
    channel: ${roomId(room)}
    serviceUrl: \${env:LOCAL_CONNECTOR_URL}
`;

const SQLITE = 'kind: sqlite\n  path: ${env:LOCAL_STORE}';
const SQLSERVER = 'kind: sqlserver\n  connectionString: ${env:CAMPAIGN_SQLSERVER}';

/** Changes to the demo's configuration; `sqlserver` takes `CAMPAIGN_SQLSERVER`. */
export function roomsConfig(rooms: number, store: 'sqlite' | 'sqlserver') {
  const all = Array.from({ length: rooms }, (_, room) => room);
  return {
    workflows: Object.fromEntries(
      all.flatMap((room) =>
        (['deploy', 'bank'] as const).map((target) => [
          workflowOf(room, target),
          workflow(room, target),
        ]),
      ),
    ),
    config: (text: string) =>
      text
        .replace('executors:\n', BANK)
        .replace('channels:\n', `channels:\n${all.map(channel).join('')}`)
        .replace(SQLITE, store === 'sqlite' ? SQLITE : SQLSERVER),
  };
}
