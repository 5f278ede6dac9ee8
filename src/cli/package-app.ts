import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { zipSync } from 'fflate';
import type { Config } from '../config/config.ts';
import { loadAppSettings } from '../config/load-app-settings.ts';
import { isExampleHost, isPlaceholderGuid } from '../config/placeholders.ts';
import { sha256 } from '../lib/hash.ts';
import { fileTrouble } from '../lib/file-trouble.ts';
import { defineCommand, EXIT } from './command.ts';
import { configPath } from './read-config.ts';
import { configOption, jsonOption } from './options.ts';
import { ownVersion } from './own-version.ts';

const ROOT = new URL('../../', import.meta.url);
const GUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
/** Names of documentation, and names that only resolve locally. */
const NOT_A_HOST = /(^|\.)(local|localhost|contoso\.com|your-?\w*\.com)$/i;

/** What the package needs besides the configuration; the options of the command say the defaults. */
interface PackageOptions {
  readonly name: string;
  readonly developer: string;
  readonly appVersion?: string;
  readonly manifestId?: string;
  readonly website?: string;
  readonly privacy?: string;
  readonly terms?: string;
}

type PackagedConfig = {
  readonly server: Pick<Config['server'], 'publicUrl'>;
  readonly teams: Pick<Config['teams'], 'appId'> & {
    readonly singleSignOn: Pick<Config['teams']['singleSignOn'], 'enabled' | 'resource'>;
  };
};

/** The package cannot be made; the message says what to change. */
export class PackageError extends Error {
  override readonly name = 'PackageError';
}

/**
 * `countersign package-app`: writes the app package that Teams takes, from the configuration. The
 * same input gives the same bytes.
 */
export const packageApp = defineCommand({
  options: (command) =>
    command
      .addOption(configOption)
      .option('--out <file>', 'the zip to write', 'countersign-app.zip')
      .option('--name <name>', 'name in Teams, at most 30 characters', 'Countersign')
      .option('--developer <name>', 'name of the developer, at most 32 characters', 'Countersign')
      .option('--website <url>', 'https address of the website (default: server.publicUrl)')
      .option('--privacy <url>', 'https address of the privacy policy (default: /privacy there)')
      .option('--terms <url>', 'https address of the terms of use (default: /terms there)')
      .option('--manifest-id <guid>', 'id of the Teams app (default: teams.appId)')
      .option(
        '--app-version <x.y.z>',
        'version of the app; raise it for an update in Teams (default: the version of this program)',
      )
      .addOption(jsonOption),
  notes:
    'Needs no secret: of the configuration it reads server.publicUrl, teams.appId and ' +
    'teams.singleSignOn.',
  async run({ options, io }) {
    const config = loadAppSettings({ path: configPath(options, io), env: io.env });
    try {
      const bytes = packApp(config, options);
      const out = resolve(io.cwd, options.out);
      write(out, bytes);
      const digest = sha256(bytes);
      io.stdout(
        options.json
          ? `${JSON.stringify({ file: out, sizeBytes: bytes.length, sha256: digest })}\n`
          : `Wrote ${out} (${bytes.length} bytes, SHA-256 ${digest}).\n` +
              'Upload it in the Teams admin center under Manage apps, or sideload it in Teams.\n',
      );
      return EXIT.done;
    } catch (error) {
      if (!(error instanceof PackageError)) throw error;
      io.stderr(`${error.message}\n`);
      return EXIT.failed;
    }
  },
});

function write(file: string, bytes: Uint8Array): void {
  try {
    writeFileSync(file, bytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const why =
      code === 'ENOENT'
        ? `the folder ${dirname(file)} does not exist; make it`
        : code === 'EISDIR'
          ? 'it is a folder; name a file'
          : fileTrouble(error);
    throw new PackageError(`--out ${file} cannot be written: ${why}.`);
  }
}

/** The bytes of the zip: manifest and both icons. The same input gives the same bytes. */
export function packApp(config: PackagedConfig, options: PackageOptions): Uint8Array {
  const manifest = buildManifest(config, options);
  const file = (name: string) => new Uint8Array(readFileSync(new URL(`appPackage/${name}`, ROOT)));
  const files = {
    'manifest.json': new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`),
    'color.png': file('color.png'),
    'outline.png': file('outline.png'),
  };
  // Zip stores local time, so a fixed local time gives the same bytes in every time zone.
  return zipSync(files, { level: 9, mtime: new Date(1980, 0, 1) });
}

/**
 * The manifest of the Teams app.
 *
 * @throws PackageError when a value is missing, too long, or a placeholder.
 */
export function buildManifest(
  config: PackagedConfig,
  options: PackageOptions,
): Record<string, unknown> {
  const { appId, singleSignOn } = config.teams;
  const publicUrl = checkUrl('server.publicUrl', config.server.publicUrl);
  const link = (name: string, text: string | undefined, page: string) =>
    checkUrl(name, text ?? `${config.server.publicUrl}${page}`).href;
  const values: Record<string, string> = {
    appId: checkGuid('teams.appId', appId),
    manifestId: checkGuid('--manifest-id', options.manifestId ?? appId),
    name: checkName('--name', options.name, 30),
    developer: checkName('--developer', options.developer, 32),
    version: checkVersion(options.appVersion ?? ownVersion()),
    domain: publicUrl.host,
    websiteUrl: link('--website', options.website, '/'),
    privacyUrl: link('--privacy', options.privacy, '/privacy'),
    termsUrl: link('--terms', options.terms, '/terms'),
    resource: singleSignOn.resource,
  };
  const text = readFileSync(new URL('appPackage/manifest.template.json', ROOT), 'utf8');
  const manifest = fill(JSON.parse(text), values) as Record<string, unknown>;
  // Without single sign-on there is no app registration for which Teams could get a token.
  if (!singleSignOn.enabled) delete manifest['webApplicationInfo'];
  return manifest;
}

/** Fills the texts of a parsed template: a value cannot become JSON syntax. */
function fill(template: unknown, values: Readonly<Record<string, string>>): unknown {
  if (typeof template === 'string') {
    return template.replace(/\{\{(\w+)\}\}/g, (_all, name: string) => {
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      if (value === undefined || value === '') throw new PackageError(`no value for ${name}`);
      return value;
    });
  }
  if (Array.isArray(template)) return template.map((item) => fill(item, values));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(
    Object.entries(template).map(([key, value]) => [key, fill(value, values)]),
  );
}

function checkGuid(name: string, text: string): string {
  if (!GUID.test(text) || isPlaceholderGuid(text)) {
    throw new PackageError(`${name} is "${text.slice(0, 60)}"; it must be the real GUID.`);
  }
  return text.toLowerCase();
}

function checkUrl(name: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url?.protocol !== 'https:' ||
    /^[\d.]+$|^\[/.test(url.hostname) ||
    !url.hostname.includes('.') ||
    isExampleHost(url.hostname) ||
    NOT_A_HOST.test(url.hostname)
  ) {
    throw new PackageError(
      `${name} is "${text.slice(0, 100)}"; Teams needs an https address with a real host name.`,
    );
  }
  return url;
}

function checkName(option: string, text: string, limit: number): string {
  const placeholder = /[{}<>]|\$\{|^(todo|changeme|your )/i.test(text);
  if (text.trim() === '' || text.length > limit || placeholder || /\p{Cc}/u.test(text)) {
    throw new PackageError(`${option} must be 1 to ${limit} plain characters and no placeholder.`);
  }
  return text;
}

function checkVersion(text: string): string {
  if (/^(0|[1-9]\d{0,5})(\.(0|[1-9]\d{0,5})){2}$/.test(text)) return text;
  throw new PackageError(`--app-version is "${text.slice(0, 40)}"; write it like 1.2.3.`);
}
