import { cli, folder } from './support.ts';

const dir = folder({ 'keys.json': '{"keys":[]}' });
afterAll(() => dir.remove());

const verify = (args: readonly string[], env: Record<string, string> = {}) =>
  cli(['audit', 'verify', ...args], { cwd: dir.path, env });

test.each([
  [[], /Name the log: --config .*, --sqlite or --sqlserver/],
  [['--sqlserver', 'env:LOG'], /--sqlserver names the environment variable LOG, which is not set/],
  [['--sqlserver', 'Server=a;Database=b'], /--sqlserver must be env:NAME/],
])('%j is rejected', async (args, words) => {
  expect(await verify(args)).toMatchObject({ code: 2, err: expect.stringMatching(words) });
});

test('a log without a configuration needs the published keys', async () => {
  const env = { LOG: 'Server=127.0.0.1,1;Database=log;User Id=a;Password=b' };
  expect(await verify(['--sqlserver', 'env:LOG'], env)).toMatchObject({
    code: 2,
    err: expect.stringMatching(/--jwks <file> is needed/),
  });
});

test('with the published keys no secret of the service is asked for', async () => {
  const env = { LOG: 'Server=127.0.0.1,1;Database=log;User Id=a;Password=b' };
  const read = await verify(['--sqlserver', 'env:LOG', '--jwks', 'keys.json'], env);
  expect(read).toMatchObject({ code: 1, err: expect.stringMatching(/cannot be reached/) });
});
