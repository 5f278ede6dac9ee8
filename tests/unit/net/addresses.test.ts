import { isIP } from 'node:net';
import { createAddressPolicy } from '../../../src/net/addresses.ts';
import { createExecutors } from '../../../src/executors/registry.ts';
import type { Resolve } from '../../../src/net/guarded-connect.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { approvedRequest } from '../executors/approved-request.ts';
import { startTarget } from '../executors/target.ts';
import type { Target } from '../executors/target.ts';

const PUBLIC = ['93.184.215.14', '2606:2800:21f:cb07:6820:80da:af6b:8b2c', '64:ff9b::5db8:d70e'];
const PRIVATE = [
  '10.1.2.3',
  '172.16.0.1',
  '192.168.1.1',
  '127.0.0.1',
  '127.9.9.9',
  '100.64.0.1',
  '::1',
  'fd12:3456::1',
  '::ffff:10.1.2.3',
  '::ffff:7f00:1',
  '64:ff9b::a01:203',
];
const SPECIAL = [
  '0.0.0.0',
  '0.1.2.3',
  '169.254.1.1',
  '169.254.169.254',
  '168.63.129.16',
  '100.100.100.200',
  '192.0.0.192',
  '192.0.2.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  'fe80::1',
  'fec0::1',
  'ff02::1',
  '2001:db8::1',
  '2002:a01:203::1',
  '2001:0:1:2::3',
  'fd00:ec2::254',
  '::ffff:169.254.169.254',
  '::7f00:1',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b:1::1',
  '100::1',
];

describe('the address policy', () => {
  const none = createAddressPolicy([]);
  test.each(PUBLIC)('allows the public address %s', (address) => {
    expect(none.allows('hooks.test', address)).toBe(true);
  });

  test.each([...PRIVATE, ...SPECIAL])('refuses the private or special address %s', (address) => {
    expect(none.allows('hooks.test', address)).toBe(false);
  });

  test.each(['', 'localhost', '10.1.2.3.', '1.2.3', '::g', '93.184.215.14/8'])(
    'refuses text that is not an address: "%s"',
    (text) => {
      const open = createAddressPolicy(['0.0.0.0/0', '::/0', 'hooks.test']);
      expect(none.allows('hooks.test', text) || open.allows('hooks.test', text)).toBe(false);
    },
  );

  test('a listed host name allows its private addresses, never special ones', () => {
    const policy = createAddressPolicy(['Deploy.internal']);
    for (const address of PRIVATE) {
      expect(policy.allows('deploy.internal', address)).toBe(true);
      expect(policy.allows('deploy.internal.', address)).toBe(true);
      expect(policy.allows('other.internal', address)).toBe(false);
    }
    for (const address of SPECIAL) {
      expect(policy.allows('deploy.internal', address)).toBe(false);
    }
  });

  test('a listed address or range allows itself alone', () => {
    const policy = createAddressPolicy(['10.1.0.0/16', '169.254.169.254', 'fd12::/16', '[::1]']);
    expect(policy.allows('a.test', '10.1.2.3')).toBe(true);
    expect(policy.allows('a.test', '::ffff:10.1.2.3')).toBe(true);
    expect(policy.allows('a.test', '10.2.2.3')).toBe(false);
    expect(policy.allows('a.test', '169.254.169.254')).toBe(true);
    expect(policy.allows('a.test', '169.254.169.253')).toBe(false);
    expect(policy.allows('a.test', 'fd12:3456::1')).toBe(true);
    expect(policy.allows('a.test', 'fd13::1')).toBe(false);
    expect(policy.allows('a.test', '::1')).toBe(true);
  });

  test.each(['', 'a b', '*.internal', '10.0.0.0/33', 'http://x', '-a.test'])(
    'rejects the entry "%s"',
    (entry) => {
      expect(() => createAddressPolicy([entry])).toThrow('no host, address or CIDR range');
    },
  );
});

describe('the check at the connection', () => {
  let target: Target;
  beforeEach(async () => {
    target = await startTarget();
  });
  afterEach(() => target.stop());
  const attempt = (host: string, allowPrivate: string[], resolve?: Resolve) =>
    createExecutors({
      config: {
        profile: 'local',
        executors: {
          deploy: {
            kind: 'webhook',
            section: {
              kind: 'webhook',
              url: `http://${host}:${target.port}/`,
              timeout: 1_500,
              secret: `whsec_${Buffer.alloc(32).toString('base64')}`,
              idempotent: false,
              maxAttempts: 3,
              allowPrivate,
            },
            secretRefs: { secret: 'x' },
          },
        },
      },
      clock: { now: () => 0 },
      log: silentLogger,
      ...(resolve ? { resolve } : {}),
    }).execute(approvedRequest(), 1);
  const to =
    (...addresses: string[]): Resolve =>
    (_hostname, answered) =>
      answered(
        null,
        addresses.map((address) => ({ address, family: isIP(address) })),
      );

  test.each([
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '017700000001',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '0',
  ])('checks an address in the URL in any notation: %s', async (host) => {
    expect(await attempt(host, [])).toMatchObject({
      kind: 'retry',
      outcome: { code: 'target_address_refused' },
    });
    expect(target.received).toEqual([]);
  });

  test('refuses a name with a private address, also beside a public one', async () => {
    for (const resolve of [to('127.0.0.1'), to('93.184.215.14', '127.0.0.1'), to()]) {
      const result = await attempt('hooks.test', [], resolve);
      expect(result.outcome).toMatchObject({
        code: 'target_address_refused',
        params: { target: expect.stringMatching(/^hooks\.test/) },
      });
    }
    expect((await attempt('localhost', [])).outcome.code).toBe('target_address_refused');
    expect(target.received).toEqual([]);
  });

  test('looks a name up once, and connects to the checked address', async () => {
    let asked = 0;
    const rebinding: Resolve = (hostname, answered) => {
      asked += 1;
      to(asked === 1 ? '127.0.0.1' : '127.0.0.2')(hostname, answered);
    };
    const result = await attempt('hooks.test', ['127.0.0.1/32'], rebinding);
    expect(result.kind).toBe('applied');
    expect(asked).toBe(1);
    expect(target.received[0]?.headers['host']).toBe(`hooks.test:${target.port}`);
  });

  test('looks a name up at every delivery, so a name that moves to a private address is refused', async () => {
    const first = await attempt('hooks.test', ['127.0.0.1'], to('127.0.0.1'));
    const second = await attempt('hooks.test', ['127.0.0.1'], to('127.0.0.2'));
    expect([first.kind, second.outcome.code]).toEqual(['applied', 'target_address_refused']);
  });

  test('reports that nothing was sent for an unknown name or a hanging resolver', async () => {
    const unknown: Resolve = (_hostname, answered) => answered(new Error('ENOTFOUND'), []);
    const hanging: Resolve = () => undefined;
    for (const resolve of [unknown, hanging]) {
      const started = performance.now();
      expect(await attempt('hooks.test', [], resolve)).toMatchObject({
        kind: 'retry',
        outcome: { code: 'target_unreachable' },
      });
      expect(performance.now() - started).toBeLessThan(6_000);
    }
  });
});
