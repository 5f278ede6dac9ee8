import type { Config } from '../config/config.ts';
import { systemIds } from '../lib/ids.ts';
import { describeError } from '../lib/logger.ts';
import type { Logger } from '../lib/logger.ts';
import { identityText } from '../text/text.ts';
import type { Text } from '../text/text.ts';
import { IdentityError } from '../usecases/ports/identity-error.ts';
import type { SignInPages } from '../usecases/ports/sign-in-pages.ts';
import type { WebPages, WebReply } from '../usecases/ports/web-pages.ts';
import { createAssets } from './assets.ts';
import { HTML } from './page.ts';
import { operatorPage } from './operator-pages.ts';
import { refusedPage, resultPage, startPage } from './sign-in-pages.ts';

export interface WebPagesOptions {
  readonly config: Pick<Config, 'profile' | 'server'>;
  readonly signIn: SignInPages;
  readonly log: Logger;
  /** The sentences of a locale (BCP 47); null: unknown. */
  readonly textFor: (locale: string | null) => Text;
}

const NONCE_BYTES = 18;

/**
 * The pages of the sign-in button's two addresses, and those that the Teams app links to. Refusals are
 * pages, not exceptions.
 */
export function createWebPages(options: WebPagesOptions): WebPages {
  const { config, signIn, log } = options;
  const openers = config.profile === 'local' ? localOpeners(config.server.publicUrl) : [];
  const guarded = async (
    locale: string | null,
    work: (common: { text: Text; nonce: string }) => WebReply | Promise<WebReply>,
  ): Promise<WebReply> => {
    const common = { text: options.textFor(locale), nonce: systemIds.secret(NONCE_BYTES) };
    const { text } = common;
    try {
      return await work(common);
    } catch (error) {
      if (error instanceof IdentityError) {
        const { code } = error;
        const status = code === 'sign_in_unavailable' ? 503 : 400;
        return refusedPage({ ...common, status, code, message: identityText(text, error) });
      }
      log.error('a sign-in failed', { error: describeError(error) });
      const message = text.pages.refused.fault;
      return refusedPage({ ...common, status: 500, code: 'internal_error', message });
    }
  };
  return {
    signInStart: ({ query, locale }) =>
      guarded(locale, (common) => startPage({ ...common, link: linkOf(query) })),
    signInBegin: ({ query, locale }) =>
      guarded(locale, async () => {
        const { redirectTo, setCookie } = await signIn.begin({ link: linkOf(query) });
        return {
          status: 303,
          headers: { ...HTML, location: redirectTo, 'set-cookie': setCookie },
          body: '',
        };
      }),
    signInCallback: ({ query, cookie, locale }) =>
      guarded(locale, async (common) => {
        const { code, setCookie } = await signIn.finish({ query, cookie });
        return resultPage({ ...common, code, setCookie, openers });
      }),
    operator: ({ name, locale }) =>
      operatorPage({
        name,
        page: config.server.pages?.[name],
        text: options.textFor(locale),
        nonce: systemIds.secret(NONCE_BYTES),
      }),
    asset: createAssets(),
  };
}

/** A missing or repeated link becomes an empty one, which `identity` refuses as invalid. */
function linkOf(query: URLSearchParams): string {
  const links = query.getAll('link');
  return links.length === 1 ? (links[0] ?? '') : '';
}

/**
 * Origins whose page may open the sign-in window and then receives the code: the service's host at
 * the next port, where the local Teams page is.
 */
function localOpeners(publicUrl: string): string[] {
  const port = Number(new URL(publicUrl).port || 80) + 1;
  return [`http://127.0.0.1:${port}`, `http://localhost:${port}`];
}
