/** A workflow whose target does not drop repeats: nothing may be sent twice. */
const WORKFLOW = `
workflow: wire-transfer
title: Wire transfer
fields:
  - { id: iban, type: text, required: true }
request: { roles: [developer] }
stages:
  - { name: Heads, roles: [approver] }
notify: { channel: approvals }
execute: { use: bank }
`;
const EXECUTOR = `executors:
  bank:
    kind: webhook
    url: \${env:LOCAL_TARGET}
    secret: \${env:LOCAL_WEBHOOK_SECRET}
    idempotent: false
    allowPrivate: [127.0.0.1/32]
`;

/** Options of a world in which people may request a `WIRE_TRANSFER`. */
export const WITH_BANK = {
  workflows: { 'wire-transfer': WORKFLOW },
  config: (text: string) => text.replace('executors:\n', EXECUTOR),
};

export const WIRE_TRANSFER = {
  workflow: 'wire-transfer',
  fields: { iban: 'DE02120300000000202051' },
};
